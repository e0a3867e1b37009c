// Copies the text beside the button: [data-copy] next to a <code>.
export function copy(page) {
  page.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = button.parentElement.querySelector("code");
    const word = button.querySelector("[data-copy-word]");
    word.textContent = (await write(page, source)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { word.textContent = "Copy"; }, 3000);
  });
}

// The clipboard needs https; on a plain-http LAN the text is selected, so that one key press copies it.
async function write(page, source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    page.getSelection().selectAllChildren(source);
    return false;
  }
}
