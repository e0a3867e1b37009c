// The first screen of a phone that belongs to nobody yet, and the ones that say that something is in the way.
import { button, el, icon, paragraph } from "../dom.js";
import { isInstalled, isIos } from "../device.js";
import { installer } from "../install.js";
import { problem, say, show, showBar } from "../layout.js";
import { isForgetful, rememberedCompany } from "../memory.js";
import { go } from "../router.js";
import { words } from "../words.js";

const UPDATE_MS = 20000;

export function setup() {
  showBar(null);
  show({
    title: words.setup.title,
    kind: "setup",
    body: [
      el("img", { class: "mark", src: "/app/icons/192.png", alt: "" }),
      paragraph(words.setup.lead, "lead"),
      el("button", { type: "button", class: "button strong big", onclick: () => go("scan") }, icon("scan"), words.setup.scan),
      button(words.setup.type, () => go("type")),
      paragraph(words.setup.what, "hint"),
      !window.isSecureContext && paragraph(words.setup.plainHttp, "note"),
      isForgetful() && paragraph(words.forgetful, "note"),
      installPart(),
      el("p", { class: "foot" }, el("a", { href: "#/help" }, words.help)),
    ],
  });
}

function installPart() {
  if (isInstalled) return null;
  if (isIos) return paragraph(words.setup.installIphone, "note");
  return installer(words.setup.install);
}

// Nothing can be asked: says so, keeps everything, tries again by hand or when the phone is back online.
export function offline(again, { hasLink = false } = {}) {
  const company = rememberedCompany();
  const retry = () => {
    removeEventListener("online", retry);
    say("");
    again();
  };
  addEventListener("online", retry, { once: true });
  showBar(null);
  show({
    title: words.start.offlineTitle,
    kind: "stopped",
    body: [
      paragraph(words.start.offline, "lead"),
      company && paragraph(words.start.offlineCompany(company)),
      hasLink && paragraph(words.start.offlineLink),
      button(words.retry, retry, "strong"),
      el("p", { class: "foot" }, el("a", { href: "#/help" }, words.help)),
    ],
    onLeave: () => removeEventListener("online", retry),
  });
}

// The company ended the connection; ``reason`` is the portal's word for why.
export function ended() {
  const reason = history.state?.reason ?? "invalid";
  const mayComeBack = ["suspended", "pending_approval", "second_step"].includes(reason);
  // Whoever looks at the phone again sees whether they have been let in meanwhile.
  const look = () => document.hidden || go("home", { instead: true });
  if (mayComeBack) document.addEventListener("visibilitychange", look);
  showBar(null);
  show({
    title: words.ended.titles[reason] ?? words.ended.title,
    kind: "stopped",
    body: [
      // Who waits for approval has done all right.
      el("div", { class: reason === "pending_approval" ? "note" : "problem", role: "alert" }, el("p", {}, words.ended.reasons[reason] ?? words.ended.reasons.invalid)),
      mayComeBack ? null : paragraph(words.ended.kept),
      mayComeBack && button(words.retry, () => go("home", { instead: true }), "strong"),
      el("button", { type: "button", class: `button ${mayComeBack ? "quiet" : "strong"}`, onclick: () => go("scan") }, icon("scan"), words.ended.scan),
      button(words.setup.type, () => go("type")),
      el("p", { class: "foot" }, el("a", { href: "#/help" }, words.help)),
    ],
    onLeave: () => document.removeEventListener("visibilitychange", look),
  });
}

// The code's own installation is another one: nothing is sent, and the way there is a link that names the host.
export function foreign(found) {
  showBar(null);
  show({
    title: words.foreign.title,
    kind: "stopped",
    back: () => go("home", { instead: true }),
    body: [
      el("div", { class: "problem", role: "alert" }, el("p", {}, words.foreign.lead(found.host, found.host.includes("://") ? location.origin : location.host))),
      paragraph(words.foreign.why),
      button(words.foreign.stay, () => go("scan", { instead: true }), "strong"),
      el("a", { class: "button quiet", href: found.address, rel: "noreferrer" }, words.foreign.open(found.host)),
      paragraph(words.foreign.openHint, "hint"),
    ],
  });
}

// A link of which a mail or a message has cut something off.
export function damaged() {
  showBar(null);
  show({
    title: words.damaged.title,
    kind: "stopped",
    back: () => go("home", { instead: true }),
    body: [problem(words.damaged.lead), button(words.setup.scan, () => go("scan", { instead: true }), "strong"), button(words.setup.type, () => go("type", { instead: true }))],
  });
}

export function newer() {
  showBar(null);
  show({
    title: words.newer.title,
    kind: "stopped",
    back: () => go("home", { instead: true }),
    body: [paragraph(words.newer.lead, "lead"), button(words.newer.update, update, "strong"), button(words.foreign.stay, () => go("scan", { instead: true }))],
  });
}

// Fetches the newest shell and starts it, once all of it is there: until then the worker still gives out the old one.
export async function update() {
  say(words.newer.updating, { stays: true });
  const running = await navigator.serviceWorker?.getRegistration("/app").catch(() => null);
  await running?.update().catch(() => {});
  const fresh = running?.installing ?? running?.waiting;
  if (fresh) await settled(fresh);
  location.replace("/app");
}

const settled = (worker) =>
  new Promise((done) => {
    const look = () => ["activated", "redundant"].includes(worker.state) && done();
    worker.addEventListener("statechange", look);
    setTimeout(done, UPDATE_MS);
    look();
  });
