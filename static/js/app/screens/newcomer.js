// The account that a newcomer makes: name, e-mail (not where the company gives sign-in names), password.
import { el, field, paragraph, showErrors } from "../dom.js";
import { once, show } from "../layout.js";
import { back } from "../router.js";
import { words } from "../words.js";

// ``needs`` are the fields that the portal asks for; ``submit(form, newcomer)`` sends them.
export function newcomerForm({ company, needs, prefix, submit }) {
  const form = el(
    "form",
    { novalidate: true },
    needs.includes("name") && field({ name: "name", label: words.account.name, maxlength: 200, autocomplete: "name", autocapitalize: "words" }),
    needs.includes("email")
      ? field({ name: "email", label: words.account.email, type: "email", maxlength: 254, autocomplete: "email" })
      : prefix && paragraph(words.account.noEmail(prefix), "note"),
    needs.includes("password") && field({ name: "password", label: words.account.password, hint: words.account.passwordHint, type: "password", maxlength: 200, autocomplete: "new-password" }),
    needs.includes("password") && shower(),
    el("button", { type: "submit", class: "button strong" }, words.account.submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = { name: words.account.needName, email: words.account.needEmail, password: words.account.needPassword };
    const typed = Object.fromEntries(new FormData(form));
    const errors = Object.fromEntries(needs.filter((name) => !typed[name]?.trim()).map((name) => [name, missing[name]]));
    showErrors(form, errors);
    if (!Object.keys(errors).length) once(form, () => submit(form, typed));
  });
  show({ title: words.account.title, back, body: [paragraph(words.account.lead(company), "lead"), form] });
}

// Shows what is typed into the password above it.
export function shower() {
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    box.closest("form").querySelector("input[name=password]").type = box.checked ? "text" : "password";
  });
  return el("label", { class: "check" }, box, words.account.show);
}
