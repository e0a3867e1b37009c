// Choosing many rows: <form data-bulk> with checkboxes named `record`, one [data-bulk-all] and a [data-bulk-bar].
export function bulk(page) {
  page.querySelectorAll("form[data-bulk]").forEach(start);
}

function start(form) {
  const rows = [...form.querySelectorAll('input[name="record"]')];
  const all = form.querySelector("[data-bulk-all]");
  const bar = form.querySelector("[data-bulk-bar]");
  const match = bar.querySelector("[data-bulk-match]");
  const count = bar.querySelector("[data-bulk-count]");
  let last = null;

  const show = () => {
    const chosen = rows.filter((row) => row.checked).length;
    bar.hidden = chosen === 0;
    if (chosen < rows.length) match.checked = false;
    all.checked = chosen > 0 && chosen === rows.length;
    all.indeterminate = chosen > 0 && chosen < rows.length;
    count.textContent = match.checked ? "All that match selected" : `${chosen} selected`;
  };

  all.addEventListener("change", () => { rows.forEach((row) => { row.checked = all.checked; }); show(); });
  match.addEventListener("change", () => { if (match.checked) rows.forEach((row) => { row.checked = true; }); show(); });
  rows.forEach((row, index) => {
    // Shift and click take the whole stretch since the last click.
    row.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        rows.slice(Math.min(last, index), Math.max(last, index) + 1).forEach((one) => { one.checked = row.checked; });
      }
      last = index;
      show();
    });
  });
  // All that match: the filter alone is sent, not the rows that happen to stand on this page.
  form.addEventListener("formdata", (event) => { if (match.checked) event.formData.delete("record"); });
  addEventListener("pageshow", show);
  show();
}
