// The one frame in which every screen stands: title, focus, the line of news, and the bar at the thumb.
import { el, icon } from "./dom.js";
import { words } from "./words.js";

const screen = document.getElementById("screen");
const bar = document.getElementById("bar");
const news = document.getElementById("news");
let timer;
let leave = () => {};

news.addEventListener("click", () => say(""));

// Puts a screen in place of the one before it, which is told that it is over (cameras stop there).
export function show({ title, heading = title, body, back = null, kind = "", onLeave = () => {}, tools = null }) {
  leave();
  leave = onLeave;
  document.title = `${title} · ${words.product}`;
  const top = el(
    "header",
    { class: "top" },
    back && el("button", { type: "button", class: "back", "aria-label": words.back, onclick: back }, icon("back")),
    el("h1", { tabindex: "-1", dir: "auto" }, heading),
    tools,
  );
  screen.className = kind;
  screen.replaceChildren(top, ...body.filter(Boolean));
  scrollTo(0, 0);
  top.querySelector("h1").focus({ preventScroll: true });
}

// The bar of somebody who is signed in; ``current`` is the route of the screen, null hides it.
export function showBar(current) {
  bar.hidden = current === null;
  if (current === null) return bar.replaceChildren();
  const way = (route, label, drawing, kind = "") =>
    el("a", { href: `#/${route}`, class: kind, "aria-current": route === current ? "page" : null }, icon(drawing), el("span", {}, label));
  bar.replaceChildren(
    way("records", words.records.title, "list"),
    way("scan", words.scan.stickerTitle, "scan", "main-way"),
    way("profile", words.profile.title, "person"),
  );
}

// One line that is read out and stands above the screen for a while; '' takes it away.
export function say(text, { tone = "", stays = false } = {}) {
  clearTimeout(timer);
  news.textContent = text;
  news.className = text ? `news shown ${tone} ${stays ? "stays" : ""}` : "news";
  if (text && !stays) timer = setTimeout(() => say(""), 8000);
}

// A box inside a screen for what went wrong and what to do; it is read out at once.
export function problem(title, ...more) {
  return el("div", { class: "problem", role: "alert" }, el("p", {}, el("strong", {}, title)), ...more);
}

// The same for somebody who has to wait: counts down, and lets ``act`` (if there is one) be pressed when it is over.
export function waitProblem(seconds, act = null) {
  const left = el("p", { role: "timer" });
  const again = act && el("button", { type: "button", class: "button quiet", disabled: true, onclick: act }, words.retry);
  const box = problem(words.tooMany, left, again);
  const end = performance.now() + (seconds || 60) * 1000; // not the phone's clock, which may be set meanwhile
  const tick = () => {
    const rest = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    left.textContent = rest ? words.waitLeft(`${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`) : words.waitOver;
    if (again) again.disabled = rest > 0;
    if (!rest || (box.isConnected === false && box.dataset.shown)) clearInterval(timer);
    if (box.isConnected) box.dataset.shown = "yes";
  };
  const timer = setInterval(tick, 500);
  tick();
  return box;
}

// Lets one press work at a time: a second tap while the first is under way does nothing.
export async function once(form, act) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const control = form.querySelector("[type=submit]") ?? form;
  const label = control.textContent;
  control.setAttribute("aria-disabled", "true");
  control.textContent = words.busy;
  try {
    await act();
  } finally {
    delete form.dataset.busy;
    control.removeAttribute("aria-disabled");
    control.textContent = label;
  }
}
