// The code by hand: for phones without a camera, and for codes read out over the telephone.
import { el, field, showErrors } from "../dom.js";
import { once, show } from "../layout.js";
import { readTyped } from "../payload.js";
import { back } from "../router.js";
import { words } from "../words.js";

const LENGTHS = [8, 12];

// ``onCode(code)`` takes a code of the right form.
export function typeSetupCode(onCode) {
  const form = codeForm(words.typed.setupLabel, words.typed.setupHint, "BCDF-GHJK", 24, async (text) => {
    const { code, foreign } = readTyped(text);
    if (!code) return words.typed.empty;
    if (foreign) return words.typed.foreignLetter(foreign);
    if (!LENGTHS.includes(code.length)) return words.typed.length(code.length);
    await onCode(code);
    return "";
  });
  show({ title: words.typed.setupTitle, back, body: [form] });
}

// ``onText(text)`` returns '' or a sentence that says what is wrong.
export function typeStickerCode(onText) {
  const form = codeForm(words.typed.stickerLabel, words.typed.stickerHint, "K7Q2-M4XJ-9R3T-5V8W", 40, (text) => (text.trim() ? onText(text) : words.typed.empty));
  show({ title: words.typed.stickerTitle, back, body: [form] });
}

function codeForm(label, hint, placeholder, most, take) {
  const form = el(
    "form",
    { novalidate: true },
    field({ name: "code", label, hint, placeholder, maxlength: most, autocomplete: "off", spellcheck: "false", autocapitalize: "characters" }),
    el("button", { type: "submit", class: "button strong" }, words.typed.submit),
  );
  form.querySelector("input").classList.add("code");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form, async () => showErrors(form, { code: await take(form.elements.code.value) }));
  });
  return form;
}
