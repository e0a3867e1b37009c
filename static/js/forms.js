// Forms: sent once, asked about when left unsaved, passwords shown on demand, errors focused.
export function forms(page) {
  page.querySelector("[data-focus-first]")?.focus();
  page.addEventListener("submit", send);
  page.addEventListener("click", reveal);
  page.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
  page.addEventListener("keydown", (event) => {
    const search = page.querySelector("[data-slash-focus]");
    if (event.key !== "/" || !search || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    search.focus();
  });
  // Back from the next page: the browser shows the old one, with its buttons still off.
  addEventListener("pageshow", () => page.querySelectorAll("[data-sent]").forEach(release));
  guard(page);
}

function send(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent !== undefined || (form.dataset.confirm && !confirm(form.dataset.confirm))) {
    event.preventDefault();
    return;
  }
  delete form.dataset.changed;
  // A search may be repeated, and a download leaves the page standing: only a saving form is locked.
  if (form.method !== "post" || form.target || form.dataset.download !== undefined) return;
  form.dataset.sent = "";
  // After the browser has collected the fields: a disabled button would not be sent with them.
  setTimeout(() => {
    for (const button of buttons(form)) button.disabled = true;
    event.submitter?.setAttribute("aria-busy", "true");
  });
}

function release(form) {
  delete form.dataset.sent;
  for (const button of buttons(form)) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

const buttons = (form) => [...form.elements].filter((one) => one.type === "submit");

function reveal(event) {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const input = document.querySelector(button.dataset.reveal);
  const hide = input.type !== "password";
  input.type = hide ? "password" : "text";
  button.textContent = hide ? "Show" : "Hide";
}

function guard(page) {
  // A form that came back with errors holds work that is not saved yet.
  page.querySelectorAll("form[data-guard]:has([aria-invalid])").forEach((form) => { form.dataset.changed = ""; });
  page.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guard]")) form.dataset.changed = "";
  });
  addEventListener("beforeunload", (event) => {
    if (page.querySelector("form[data-changed]")) event.preventDefault();
  });
}
