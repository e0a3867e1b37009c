// Installation codes. A list of which one row is chosen: <form data-choose-one> with radio buttons, and buttons
// [data-needs-choice] for it. The editor: [data-for-action] holds what one action needs, data-uses on an action is the
// number of uses that a new code of it begins with.

export function codes(page) {
  page.querySelectorAll("form[data-choose-one]").forEach((form) => choose(page, form));
  page.querySelectorAll("form[data-code-editor]").forEach(edit);
}

function choose(page, form) {
  const buttons = [...page.querySelectorAll(`[data-needs-choice][form="${form.id}"]`)];
  const rows = [...form.querySelectorAll('input[type="radio"]')];
  const show = () => {
    const none = !rows.some((row) => row.checked);
    buttons.forEach((button) => { button.disabled = none; });
  };
  form.addEventListener("change", show);
  form.addEventListener("click", (event) => {
    if (event.target.closest("a, input, button, thead")) return;
    const row = event.target.closest("tr")?.querySelector('input[type="radio"]');
    if (row) { row.checked = true; show(); }
  });
  // Back from the next page the browser may have kept the choice.
  addEventListener("pageshow", show);
  show();
}

function edit(form) {
  const parts = [...form.querySelectorAll("[data-for-action]")];
  const uses = form.elements.max_uses;
  let action;
  let isTyped = false;
  const usual = () => form.querySelector(`[name="action"][value="${action}"]`)?.dataset.uses;
  const show = () => {
    action = form.elements.action.value;
    parts.forEach((part) => { part.hidden = part.dataset.forAction !== action; });
  };
  uses.addEventListener("input", () => { isTyped = true; });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "action") return;
    const before = usual();
    show();
    if (!isTyped && uses.value === before) uses.value = usual();  // what somebody typed or saved stays
  });
  addEventListener("pageshow", show);
  show();
}
