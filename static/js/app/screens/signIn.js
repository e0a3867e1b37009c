// A paired phone: the company is known, the person types their password. A name from the QR code is filled in.
import { errorsOf, Lost, open, sentenceOf } from "../api.js";
import { button, el, field, paragraph, showErrors, steps } from "../dom.js";
import { once, problem, show, showBar, waitProblem } from "../layout.js";
import { keepName, keptName } from "../memory.js";
import { goOn, session } from "../session.js";
import { words } from "../words.js";
import { shower } from "./newcomer.js";
import { update } from "./setup.js";

export function signIn() {
  const name = session.username || keptName();
  const form = el(
    "form",
    { novalidate: true },
    session.isFilledIn && paragraph(words.signIn.filled, "hint"),
    field({ name: "username", label: words.signIn.username, value: name, maxlength: 320, autocomplete: "username", spellcheck: "false", inputmode: "email" }),
    field({ name: "password", label: words.signIn.password, type: "password", maxlength: 200, autocomplete: "current-password" }),
    shower(),
    el("button", { type: "submit", class: "button strong" }, words.signIn.submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form, () => send(form));
  });
  showBar(null);
  show({
    title: words.signIn.title,
    kind: "sign-in",
    body: [companyHead(), form, ...more()],
  });
  form.elements[name ? "password" : "username"].focus();
}

function companyHead() {
  const logo = session.companyId && `/app/logo/${encodeURIComponent(session.companyId)}`;
  return el("p", { class: "company" }, logo && el("img", { class: "logo", src: logo, alt: "" }), el("span", { dir: "auto" }, session.company), el("span", { class: "host" }, location.host));
}

function more() {
  return [
    el("details", {}, el("summary", {}, words.signIn.cannot), steps(words.signIn.cannotSteps)),
    el("details", {}, el("summary", {}, words.signIn.notFilled), steps(words.signIn.notFilledSteps), button(words.newer.update, update)),
    el("p", { class: "foot" }, el("a", { href: "#/scan" }, words.signIn.wrongCompany), el("a", { href: "#/help" }, words.help)),
  ];
}

async function send(form) {
  const typed = Object.fromEntries(new FormData(form));
  const errors = {};
  if (!typed.username.trim()) errors.username = words.signIn.needUsername;
  if (!typed.password) errors.password = words.signIn.needPassword;
  showErrors(form, errors);
  form.querySelector(".problem")?.remove();
  if (Object.keys(errors).length) return;
  let answer;
  try {
    answer = await open("/app/sign-in", { username: typed.username.trim(), password: typed.password, ...(typed.totp && { totp: typed.totp.trim() }) }, { isCalled: true });
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    return tell(form, words.lost);
  }
  if (answer.ok) {
    session.username = "";
    keepName("");
    return goOn();
  }
  refuse(form, answer);
}

function refuse(form, answer) {
  if (answer.status === 429) return place(form, waitProblem(answer.wait));
  const wantsCode = ["totp_required", "wrong_totp"].includes(answer.data.reason);
  if (wantsCode && !form.elements.totp) {
    const place = field({ name: "totp", label: words.signIn.totp, hint: words.signIn.totpHint, inputmode: "text", maxlength: 20, autocomplete: "one-time-code" });
    form.querySelector("[type=submit]").before(place);
    tell(form, words.signIn.totpNeeded);
    form.elements.totp.focus();
    return;
  }
  if (answer.status === 422) {
    showErrors(form, errorsOf(answer));
    if (form.querySelector("[aria-invalid]")) return;
  }
  tell(form, answer.status === 401 && !wantsCode ? words.signIn.wrong : sentenceOf(answer));
  form.elements[wantsCode ? "totp" : "password"].select();
}

function tell(form, sentence) {
  place(form, problem(sentence));
}

function place(form, box) {
  form.querySelector(".problem")?.remove();
  form.querySelector("[type=submit]").before(box);
}
