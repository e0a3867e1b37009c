// Before anything binds the phone: who asks, where, and what will happen; Connect and Decline side by side.
import { ask, errorsOf, Lost, open, ownToken, sayGoodbye, sentenceOf } from "../api.js";
import { button, el, field, paragraph, showErrors, steps } from "../dom.js";
import { deviceFacts, suggestedName } from "../device.js";
import { once, problem, say, show, showBar, waitProblem } from "../layout.js";
import { companyLeftFor, dropPending, isForgetful, keepName, keepPending, keepShell, pending, rememberedCompany } from "../memory.js";
import { go } from "../router.js";
import { goOn, session } from "../session.js";
import { moment } from "../states.js";
import { words } from "../words.js";
import { newcomerForm } from "./newcomer.js";

// Where each way in is redeemed, and as what its secret goes there.
const DOORS = { pair: "/pair", join: "/admin/app/exchange-token", code: "/enroll/redeem", fleet: "/enroll/redeem" };

// Keeps what was scanned or typed, so that back, reload and a lost connection do not lose it, and shows the offer.
export function offer(payload) {
  keepPending(payload);
  return go("connect", { instead: ["", "#/scan", "#/connect-anew"].includes(location.hash) });
}

export async function connect() {
  const payload = pending();
  if (!payload) return session.state === "none" && !rememberedCompany() ? lostCode() : go("", { instead: true });
  showBar(null);
  draw(payload, null);
  await look(payload);
}

// Asks what the code does; it uses nothing up.
async function look(payload) {
  let answer;
  try {
    answer = await ask("/enroll/inspect", secretOf(payload));
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    if (isShown(payload)) draw(payload, null, problem(words.start.offlineTitle, paragraph(words.offer.lost(location.host, words.retry)), button(words.retry, () => connect())));
    return undefined;
  }
  if (!isShown(payload)) return undefined;
  if (answer.ok) return draw(payload, answer.data);
  if (answer.status === 429) return draw(payload, null, waitProblem(answer.wait, () => connect()));
  if (!isAboutTheCode(answer)) return draw(payload, null, problem(sentenceOf(answer), button(words.retry, () => connect())));
  return spent(answer, payload);
}

// Whether the screen still asks about this code: a weak signal's answer comes when the person is elsewhere, or has another.
const isShown = ({ secret }) => location.hash === "#/connect" && pending()?.secret === secret;

// ``seen`` is the portal's word on the code, null as long as it has not answered; ``trouble`` why it did not.
function draw(payload, seen, trouble = null) {
  const way = wayOf(payload, seen);
  const company = seen?.site.name || payload.company;
  // What the link says of itself holds only until the portal has answered.
  const logo = seen ? `/app/logo/${seen.site.account_id}` : payload.logo;
  const left = seen ? companyLeftFor(seen.site.account_id) : "";
  const form = el("form", { novalidate: true, "aria-busy": String(!seen && !trouble) });
  form.append(
    ...[
      logo && el("img", { class: "logo", src: logo, alt: "" }),
      el(
        "dl",
        { class: "facts" },
        company && el("div", {}, el("dt", {}, words.offer.company), el("dd", { dir: "auto" }, company)),
        el("div", {}, el("dt", {}, words.offer.host), el("dd", { class: "host" }, location.host)),
      ),
      paragraph(words.offer.hostCheck, "hint"),
      location.protocol === "http:" && !/^(localhost|127\.)/.test(location.hostname) && paragraph(words.offer.httpWarning, "note"),
      isForgetful() && paragraph(words.forgetful, "note"),
      seen && rememberedCompany() && paragraph(left ? words.offer.leaves(left) : words.offer.again(company), "note"),
      trouble,
      !seen && !trouble && paragraph(words.offer.checking, "hint"),
      seen && el("h2", {}, words.offer.what),
      seen && steps([...happens(way, payload, seen), ...limits(seen)]),
      seen && field({ name: "name", label: words.offer.phoneName, hint: words.offer.phoneNameHint, value: payload.phoneName || suggestedName, maxlength: 80, autocomplete: "off", autocapitalize: "words" }),
      seen && paragraph(words.offer.kept, "hint"),
      el(
        "div",
        { class: "pair" },
        button(words.offer.decline, decline, "choice"),
        el("button", { type: "submit", class: "button choice", disabled: !seen }, words.offer.accept),
      ),
    ].filter(Boolean),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!seen) return;
    const named = { ...payload, way, phoneName: form.elements.name.value, isLeaving: Boolean(left) };
    keepPending(named);
    if (seen.needs.length) return go("account", { state: { seen } });
    once(form, () => accept(named, form));
  });
  show({ title: company ? words.offer.title(company) : words.offer.titleUnknown, kind: "offer", body: [form] });
}

function happens(way, payload, seen) {
  const all = words.offer.happens;
  if (way === "pair") return payload.username ? all.pairUser(payload.username) : all.pair;
  if (way === "join") return all.join(seen.person);
  if (way === "fleet") return all.fleet;
  if (seen.action === "create_account_and_device") return all.newcomer;
  if (seen.action === "use_existing_device") return seen.device_name ? all.expected(seen.device_name) : all.code;
  return seen.action === "create_device" ? all.shared : all.code;
}

function limits(seen) {
  const lines = [];
  if (typeof seen.uses_left === "number" && seen.kind !== "join") lines.push(words.offer.uses(seen.uses_left));
  if (seen.requires_approval) lines.push(words.offer.approval);
  if (seen.expires_at) lines.push(words.offer.expires(moment(seen.expires_at)));
  return lines;
}

// A person who has to make an account first.
export function account() {
  const payload = pending();
  const seen = history.state?.seen;
  if (!payload || !seen) return go("connect", { instead: true });
  showBar(null);
  newcomerForm({
    company: seen.site.name || payload.company,
    needs: seen.needs,
    prefix: seen.sign_in_prefix,
    submit: (form, newcomer) => accept(payload, form, newcomer),
  });
}

// Redeems the code. Whatever happens, the screen says what to do next. Whoever agreed to leave a company has left it when
// the new one has taken the phone, not before.
async function accept(payload, form, newcomer = null) {
  const device = deviceFacts(payload.phoneName ?? "");
  const key = payload.way === "pair" ? { key: payload.secret, ...(payload.username && { username: payload.username }) } : secretOf(payload);
  let answer, former;
  try {
    former = payload.isLeaving ? await ownToken() : "";
    answer = await open(DOORS[payload.way], { ...key, device, ...(newcomer && { newcomer }) });
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    return tell(form, words.offer.lost(location.host, words.offer.accept), words.offer.cut);
  }
  if (answer.ok) {
    if (former) sayGoodbye(former);
    return arrived(answer.data, newcomer);
  }
  if (answer.status === 422 && newcomer) {
    const errors = errorsOf(answer);
    showErrors(form, errors);
    return form.querySelector("[aria-invalid]") ? undefined : tell(form, Object.values(errors)[0] ?? sentenceOf(answer));
  }
  if (answer.status === 429) return place(form, waitProblem(answer.wait));
  if (answer.status === 422 || !isAboutTheCode(answer)) return tell(form, sentenceOf(answer));
  return spent(answer, payload);
}

async function arrived(data, newcomer) {
  dropPending();
  keepShell(); // again, where a connection that ended before has removed it
  session.username = data.sign_in_name || newcomer?.email || data.username || "";
  session.isFilledIn = Boolean(data.username);
  keepName(data.scope === "paired" ? session.username : "");
  if (data.sign_in_name) say(words.account.made(data.sign_in_name), { stays: true });
  if (newcomer && data.scope === "paired") await enter(newcomer.password);
  await goOn();
}

// A newcomer has just typed their password: they need not do it again. Where it fails, the sign-in screen asks for it.
async function enter(password) {
  try {
    const answer = await open("/app/sign-in", { username: session.username, password }, { isCalled: true });
    if (answer.ok) keepName("");
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
  }
}

// One box at the end of the form; a later one takes its place.
function tell(form, title, more = "") {
  place(form, problem(title, more && paragraph(more)));
}

function place(form, box) {
  form.querySelector(".problem")?.remove();
  form.querySelector(".pair, [type=submit]").before(box);
}

function decline() {
  dropPending();
  say(words.offer.declined);
  go("home", { instead: true });
}

// The code opens nothing (any more), whatever the reason: the portal tells no difference.
function spent(answer, { way }) {
  dropPending();
  const isOnce = way === "join";
  show({
    title: words.offer.gone,
    kind: "stopped",
    body: [
      problem(isOnce ? words.offer.spent : way === "pair" ? words.offer.keyGone : sentenceOf(answer)),
      isOnce && paragraph(words.offer.spentHow),
      button(words.setup.scan, () => go("scan", { instead: true }), "strong"),
      button(words.setup.type, () => go("type", { instead: true })),
      el("p", { class: "foot" }, el("a", { href: "#/help" }, words.help)),
    ],
  });
}

function lostCode() {
  showBar(null);
  show({
    title: words.setup.title,
    kind: "stopped",
    body: [paragraph(words.offer.reload, "lead"), button(words.setup.scan, () => go("scan", { instead: true }), "strong"), button(words.setup.type, () => go("type", { instead: true }))],
  });
}

// Whether the portal itself refused the code. What a broken server or a proxy answers uses no code up.
const isAboutTheCode = (answer) => answer.status < 500 && Boolean(answer.data.detail);

const secretOf = (payload) => (payload.isTyped ? { code: payload.secret } : { token: payload.secret });
// A typed code does not say what it is; the portal does.
const wayOf = (payload, seen) => seen?.kind || payload.way || "";
