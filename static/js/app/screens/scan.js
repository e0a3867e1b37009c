// The scanner: live camera, else a photo, else the typed code. ``onText`` decides what a read text means.
import * as camera from "../camera.js";
import { Lost, sentenceOf } from "../api.js";
import { button, el, paragraph } from "../dom.js";
import { readPhoto } from "../decode.js";
import { isAndroid, isIos } from "../device.js";
import { show } from "../layout.js";
import { back, go } from "../router.js";
import { words } from "../words.js";

const SLOW_MS = 8000;
const STILL_MS = 20000;

// ``onText(text)`` returns true when it took the text, else a sentence that says why not. ``news`` is such a sentence
// about the text before, ``typed`` the route of the screen where the code is typed instead.
export function scan({ title, onText, typed, news = "" }) {
  const status = el("p", { class: "status", role: "status" });
  const view = el("div", { class: "view" });
  const tools = el("div", { class: "tools" });
  const life = { running: null, isOver: false, timers: [] };
  const stop = () => {
    life.isOver = true;
    life.timers.forEach(clearTimeout);
    life.running?.stop();
    life.running = null;
  };
  const screen = { life, status, view, tools, typed, news, hint: "", trouble: "" };
  screen.take = (texts) => {
    life.timers.forEach(clearTimeout); // something was read: how to hold the phone is no question
    for (const text of texts) {
      const taken = onText(text);
      hint(screen, taken === true ? words.scan.found : taken);
      if (taken === true) return true;
    }
    return false;
  };
  show({ title, kind: "scan", back, body: [view, status, tools], onLeave: stop });
  const why = camera.whyNot();
  if (why) withoutCamera(screen, why);
  else withCamera(screen);
}

// The status line: what hinders, as long as it does, else what to do.
function hint(screen, text) {
  screen.hint = text;
  tell(screen);
}

function hinder(screen, text) {
  screen.trouble = text;
  tell(screen);
}

function tell({ status, hint, trouble }) {
  if (status.textContent !== (trouble || hint)) status.textContent = trouble || hint; // else it would be read out anew
}

async function withCamera(screen) {
  const { life, status, view, tools } = screen;
  const video = el("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  video.muted = true;
  view.replaceChildren(video, el("div", { class: "frame", "aria-hidden": "true" }));
  status.className = "status";
  hint(screen, words.scan.starting);
  tools.replaceChildren(...otherWays(screen, words.scan.photo));
  const running = await camera.start(video, {
    onRead: screen.take,
    onLost: (wait) => hinder(screen, wait ? words.scan.rest(wait) : words.scan.lost),
    onBack: () => hinder(screen, ""),
    onCut: () => cut(screen),
  });
  if (running.why) return life.isOver || withoutCamera(screen, running.why);
  if (life.isOver) return running.stop();
  life.running = running;
  hint(screen, screen.news || (running.isByPortal ? `${words.scan.point} ${words.scan.byServer}` : words.scan.point));
  if (running.torch) tools.prepend(light(running.torch));
  if (screen.news) return undefined; // a code was read: it need not be held better
  life.timers.push(setTimeout(() => hint(screen, words.scan.slow), SLOW_MS));
  life.timers.push(setTimeout(() => hint(screen, words.scan.tooSmall), STILL_MS));
  return undefined;
}

// The phone took the camera back (a call, another app): says so, and offers to start it again.
function cut(screen) {
  screen.life.timers.forEach(clearTimeout);
  screen.life.running?.stop();
  screen.life.running = null;
  withoutCamera(screen, "taken");
}

function withoutCamera(screen, why) {
  const { status, view, tools } = screen;
  const system = isIos ? "ios" : isAndroid ? "android" : "other";
  const lines = {
    http: [words.scan.http],
    refused: [words.scan.refused, words.scan.refusedHow[system]],
    none: [words.scan.none],
    taken: [words.scan.taken],
  }[why];
  view.replaceChildren(el("div", { class: "problem" }, lines.map((line) => paragraph(line))));
  Object.assign(screen, { trouble: "", hint: screen.news || lines[0] });
  tell(screen);
  status.className = screen.news ? "status" : "visually-hidden";
  const again = ["refused", "taken"].includes(why) && button(words.scan.again, () => withCamera(screen), "strong");
  tools.replaceChildren(...[again, ...otherWays(screen, words.scan.photoNow)].filter(Boolean));
}

function otherWays(screen, label) {
  const file = el("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", id: "photo", onchange: () => readChosen(screen, file) });
  return [el("label", { class: "button quiet", for: "photo" }, file, label), button(words.scan.type, () => go(screen.typed))];
}

async function readChosen(screen, file) {
  const [photo] = file.files;
  if (!photo) return;
  screen.status.className = "status";
  screen.life.timers.forEach(clearTimeout);
  hint(screen, words.scan.reading);
  try {
    const { texts, answer } = await readPhoto(photo);
    if (screen.life.isOver) return;
    if (texts.length) screen.take(texts);
    else hint(screen, answer ? sentenceForPhoto(answer) : words.scan.noCode);
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    hint(screen, words.lost);
  }
  file.value = "";
}

// Only a picture that the portal looked at has to be taken again.
const sentenceForPhoto = (answer) => (answer.status === 429 || answer.status >= 500 ? sentenceOf(answer) : words.scan.unreadablePhoto);

function light(turn) {
  const control = el("button", { type: "button", class: "button quiet", "aria-pressed": "false" }, words.scan.light);
  control.addEventListener("click", () => {
    const isOn = control.getAttribute("aria-pressed") !== "true";
    control.setAttribute("aria-pressed", String(isOn));
    turn(isOn);
  });
  return control;
}

