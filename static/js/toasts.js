// Toasts leave after 8 s, but never while somebody points at them or has the focus inside.
const STAY_MS = 8000;

export function toasts(page) {
  page.querySelectorAll("[data-toast]").forEach(arm);
  banner(page);
}

function arm(toast) {
  let timer;
  const hold = () => clearTimeout(timer);
  const wait = () => { hold(); timer = setTimeout(() => toast.remove(), STAY_MS); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", wait);
  toast.addEventListener("focusout", wait);
  toast.querySelector("button").addEventListener("click", () => toast.remove());
  wait();
}

// What was typed stays in the page; the sentence says so, because people fear for it.
function banner(page) {
  const line = page.createElement("p");
  line.className = "lost";
  line.hidden = true;
  line.setAttribute("role", "status");
  page.body.prepend(line);
  const show = () => {
    line.hidden = navigator.onLine;
    line.textContent = navigator.onLine ? "" : "No connection. What you typed is still here: save again when the connection is back.";
  };
  addEventListener("offline", show);
  addEventListener("online", show);
}
