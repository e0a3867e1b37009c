// The browser's offer to install the app, kept until somebody wants it; browsers without such an offer show nothing.
import { button } from "./dom.js";

let offer = null;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  document.querySelectorAll("[data-install]").forEach((one) => (one.hidden = false));
});

export function installer(label) {
  const control = button(label, async () => {
    await offer?.prompt();
    offer = null;
    control.hidden = true;
  });
  control.dataset.install = "";
  control.hidden = offer === null;
  return control;
}
