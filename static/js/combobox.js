// A select that can be searched: <select data-combobox="URL">, URL?q= answers {"results": [{"id", "text"}]}.
// WAI-ARIA combobox with a listbox popup. The select stays, hidden, and is what the form sends.
const PAUSE_MS = 180;

export function combobox(page) {
  page.querySelectorAll("select[data-combobox]").forEach(enhance);
}

function enhance(select) {
  const blank = select.options[0]?.value === "" ? select.options[0] : null;
  const input = document.createElement("input");
  const list = document.createElement("ul");
  const box = document.createElement("div");
  box.className = "combobox";
  input.className = select.className.replace("form-select", "form-control");
  for (const name of ["aria-describedby", "aria-invalid", "required"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  input.id = select.id;
  list.id = `${select.id}-list`;
  select.id = `${select.id}-value`;
  select.hidden = true;
  select.required = false;
  input.type = "text";
  input.autocomplete = "off";
  input.placeholder = "Type to search";
  set(input, { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": list.id });
  list.className = "combobox-list";
  list.hidden = true;
  set(list, { role: "listbox", "aria-label": "Suggestions" });
  select.before(box);
  box.append(input, list, select);

  let active = -1;
  let timer;
  let asked = 0;
  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const chosen = () => (select.selectedIndex < 0 || select.options[select.selectedIndex] === blank ? "" : select.options[select.selectedIndex].text.trim());

  const mark = (index) => {
    active = index;
    options().forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options()[index].id);
  };
  const open = (yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) mark(-1);
  };
  const choose = (id, text) => {
    let option = [...select.options].find((one) => one.value === id);
    if (!option) {
      option = new Option(text, id);
      select.add(option);
    }
    select.value = id;
    input.value = text;
    open(false);
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const ask = async () => {
    const turn = ++asked;
    const url = new URL(select.dataset.combobox, location.href);
    url.searchParams.set("q", input.value.trim() === chosen() ? "" : input.value.trim());
    let results = null;
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      if (response.ok) ({ results } = await response.json());
    } catch {
      // Answered below: the list says that it could not be loaded.
    }
    if (turn !== asked || document.activeElement !== input) return;
    list.replaceChildren(...(results ?? []).map((result, index) => item(list, result, index, choose)));
    if (!results?.length) list.append(words(results ? "Nothing found. Try another spelling." : "The list could not be loaded. Check the connection."));
    open(true);
    mark(-1);
  };

  input.value = chosen();
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE_MS); });
  input.addEventListener("click", () => { if (list.hidden) ask(); });
  // Leaving with a word that was never chosen: an emptied box clears, anything else falls back to what stands.
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    open(false);
    if (input.value.trim() === "" && blank && select.value !== blank.value) choose(blank.value, "");
    else input.value = chosen();
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask();
      else if (count) mark((active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + count) % count);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active >= 0) options()[active].click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      open(false);
      input.value = chosen();
    }
  });
}

function item(list, { id, text }, index, choose) {
  const option = document.createElement("li");
  option.id = `${list.id}-${index}`;
  option.textContent = text;
  set(option, { role: "option", "aria-selected": "false" });
  // Before the blur of the input, which would close the list under the pointer.
  option.addEventListener("pointerdown", (event) => event.preventDefault());
  option.addEventListener("click", () => choose(id, text));
  return option;
}

function words(text) {
  const line = document.createElement("li");
  line.className = "combobox-none";
  line.textContent = text;
  set(line, { role: "option", "aria-disabled": "true", "aria-selected": "false" });
  return line;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
