// Elements without markup in texts: what comes from outside is always a text node, never HTML.
const ICONS = {
  back: "M15 5l-7 7 7 7",
  scan: "M4 9V5h4M16 5h4v4M20 15v4h-4M8 19H4v-4M4 12h16",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21a8 7 0 0 1 16 0",
  phone: "M6 3h4l2 5-2.5 2a11 11 0 0 0 4.5 4.5l2-2.5 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
  mail: "M3 6h18v12H3zM3 7l9 6 9-6",
  list: "M8 6h13M8 12h13M8 18h13M3.5 6h.01M3.5 12h.01M3.5 18h.01",
  vehicle: "M2 6h12v10H2zM14 9h4l4 4v3h-8zM6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  equipment: "M14.5 6.5a4 4 0 0 1 5-3.9l-2.6 2.6 2 2 2.6-2.6a4 4 0 0 1-5.2 5L7 19a2 2 0 0 1-3-3l9.4-9.3z",
  location: "M12 21s7-6.3 7-11.5a7 7 0 0 0-14 0C5 14.7 12 21 12 21zM12 7a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  contact: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21a8 7 0 0 1 16 0",
};

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "disabled" || name === "hidden" || name === "srcObject") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

export const paragraph = (text, kind = null) => el("p", { class: kind }, text);
export const steps = (lines) => el("ul", { class: "steps" }, lines.map((line) => el("li", {}, line)));
export const button = (label, act, kind = "quiet") => el("button", { type: "button", class: `button ${kind}`, onclick: act }, label);

// A labelled field with its hint and a place for its error, tied together for readers of screens.
export function field({ name, label, hint = "", isOptional = "", ...attributes }) {
  const id = `field-${name}`;
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  return el(
    "div",
    { class: "row" },
    el("label", { for: id }, label, isOptional && el("span", { class: "optional" }, ` (${isOptional})`)),
    hint && el("p", { id: `${id}-hint`, class: "hint" }, hint),
    el("input", { id, name, class: "field", "aria-describedby": described, autocapitalize: "none", ...attributes }),
    el("p", { id: `${id}-error`, class: "error", hidden: true }),
  );
}

// Shows one sentence below each named field of a form, and leads to the first of them.
export function showErrors(form, errors) {
  for (const input of form.querySelectorAll("input[id]")) {
    const place = document.getElementById(`${input.id}-error`);
    if (!place) continue;
    const sentence = errors[input.name] ?? "";
    place.textContent = sentence;
    place.hidden = !sentence;
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  form.querySelector("[aria-invalid]")?.focus();
}
