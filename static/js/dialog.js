// <a href="/page" data-dialog> shows that page's [data-dialog-body] in a dialog. Without scripts, or on any fault, it is a link.
export function dialog(page) {
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(page, link).catch(() => location.assign(link.href));
  });
}

async function open(page, link) {
  const response = await fetch(link.href);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const text = await response.text();
  // Without its head, whose inline style carries the nonce of another answer and would be reported.
  const body = new DOMParser().parseFromString(text.slice(text.indexOf("<body")), "text/html").querySelector("[data-dialog-body]");
  const title = body.querySelector("h1, h2");
  const close = page.createElement("button");
  const box = page.createElement("dialog");
  title.id = "dialog-title";
  title.tabIndex = -1;
  title.autofocus = true;
  close.type = "button";
  close.className = "dialog-close";
  close.textContent = "\u00d7";
  close.setAttribute("aria-label", "Close");
  box.setAttribute("aria-labelledby", title.id);
  box.append(page.adoptNode(body), close);
  page.body.append(box);
  close.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  const leave = () => box.close();
  box.addEventListener("close", () => {
    removeEventListener("popstate", leave);
    box.remove();
    if (link.isConnected) refocus(link);
    if (history.state?.dialog) history.back();
  });
  link.closest("[popover]")?.hidePopover();
  // The browser's Back closes the dialog and stays on the page.
  history.pushState({ dialog: true }, "");
  addEventListener("popstate", leave);
  box.showModal();
}

// A link inside a closed menu cannot take the focus: its button does.
function refocus(link) {
  const menu = link.closest("[popover]");
  (menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : link).focus();
}
