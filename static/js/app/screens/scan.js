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
  const take = (texts) => {
    for (const text of texts) {
      const taken = onText(text);
      if (taken === true) {
        life.timers.forEach(clearTimeout);
        status.textContent = words.scan.found;
        return true;
      }
      if (status.textContent !== taken) status.textContent = taken;
    }
    return false;
  };
  show({ title, kind: "scan", back, body: [view, status, tools], onLeave: stop });
  const screen = { life, status, view, tools, take, typed, news };
  const why = camera.whyNot();
  if (why) withoutCamera(screen, why);
  else withCamera(screen);
}

async function withCamera(screen) {
  const { life, status, view, tools, take } = screen;
  const video = el("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  video.muted = true;
  view.replaceChildren(video, el("div", { class: "frame", "aria-hidden": "true" }));
  status.className = "status";
  status.textContent = words.scan.starting;
  tools.replaceChildren(...otherWays(screen, words.scan.photo));
  const hear = (wait) => (status.textContent = wait ? words.wait(wait) : words.lost);
  const running = await camera.start(video, take, hear, () => cut(screen));
  if (running.why) return life.isOver || withoutCamera(screen, running.why);
  if (life.isOver) return running.stop();
  life.running = running;
  status.textContent = screen.news || (running.isByPortal ? `${words.scan.point} ${words.scan.byServer}` : words.scan.point);
  if (running.torch) tools.prepend(light(running.torch));
  life.timers.push(setTimeout(() => (status.textContent = words.scan.slow), SLOW_MS));
  life.timers.push(setTimeout(() => (status.textContent = words.scan.tooSmall), STILL_MS));
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
  status.textContent = screen.news || lines[0];
  status.className = screen.news ? "status" : "visually-hidden";
  const again = ["refused", "taken"].includes(why) && button(words.scan.again, () => withCamera(screen), "strong");
  tools.replaceChildren(...[again, ...otherWays(screen, words.scan.photoNow)].filter(Boolean));
}

function otherWays(screen, label) {
  const file = el("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", id: "photo", onchange: () => readChosen(screen, file) });
  return [el("label", { class: "button quiet", for: "photo" }, file, label), button(words.scan.type, () => go(screen.typed))];
}

async function readChosen({ life, status, take }, file) {
  const [photo] = file.files;
  if (!photo) return;
  status.className = "status";
  status.textContent = words.scan.reading;
  try {
    const { texts, answer } = await readPhoto(photo);
    if (life.isOver) return;
    if (texts.length) take(texts);
    else status.textContent = answer ? (answer.status === 429 ? sentenceOf(answer) : words.scan.unreadablePhoto) : words.scan.noCode;
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    status.textContent = words.lost;
  }
  file.value = "";
}

function light(turn) {
  const control = el("button", { type: "button", class: "button quiet", "aria-pressed": "false" }, words.scan.light);
  control.addEventListener("click", () => {
    const isOn = control.getAttribute("aria-pressed") !== "true";
    control.setAttribute("aria-pressed", String(isOn));
    turn(isOn);
  });
  return control;
}

