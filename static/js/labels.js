// The drawing of the sheet follows the chosen stock; the stock's own figures come with its option.
export function labels(page) {
  const form = page.querySelector("form[data-labels]");
  if (!form) return;
  const stock = form.elements.stock;
  const sheet = form.querySelector("[data-sheet]");
  form.querySelector("[data-redraw]").hidden = true;
  stock.addEventListener("change", () => draw(sheet, stock.selectedOptions[0]));
  // On a slow connection the stock may have been chosen before this script arrived.
  if (!stock.selectedOptions[0].defaultSelected) draw(sheet, stock.selectedOptions[0]);
}

function draw(sheet, option) {
  const columns = Number(option.dataset.columns);
  const total = columns * Number(option.dataset.rows);
  const paper = option.closest("optgroup").label === "A4" ? "a4" : "letter";
  sheet.className = `sheet sheet-${paper} sheet-columns-${columns}`;
  const first = sheet.querySelector("label");
  const slots = Array.from({ length: total }, (_, index) => {
    const slot = first.cloneNode(true);
    const input = slot.querySelector("input");
    input.value = String(index + 1);
    input.checked = index === 0;
    input.setAttribute("aria-label", `Label ${index + 1}: row ${Math.floor(index / columns) + 1}, column ${(index % columns) + 1}`);
    slot.querySelector("span").textContent = String(index + 1);
    return slot;
  });
  sheet.replaceChildren(...slots);
}
