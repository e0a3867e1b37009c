// This phone: its name, its company, who is signed in, and the way out.
import { Lost, open, sentenceOf } from "../api.js";
import { isInstalled, isIos, version } from "../device.js";
import { button, el, paragraph } from "../dom.js";
import { installer } from "../install.js";
import { once, say, show, showBar } from "../layout.js";
import { go } from "../router.js";
import { goOn, session } from "../session.js";
import { words } from "../words.js";
import { update } from "./setup.js";

export function profile() {
  const lines = [
    [words.profile.person, [session.person, session.signInAs].filter(Boolean).join("\n")],
    [words.profile.company, session.company],
    [words.profile.address, location.host],
    [words.profile.phone, session.device],
    [words.profile.since, version],
  ].filter(([, value]) => value);
  const form = el("form", { novalidate: true }, el("button", { type: "submit", class: "button strong" }, words.profile.signOut), paragraph(words.profile.signOutHow, "hint"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form, signOut);
  });
  showBar("profile");
  show({
    title: words.profile.title,
    kind: "profile",
    body: [
      el("dl", { class: "facts" }, lines.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", { dir: "auto" }, value)))),
      form,
      el("section", {}, el("h2", {}, words.profile.stickers), paragraph(isIos ? words.profile.stickersIphone : words.profile.stickersHow)),
      !isInstalled && (isIos ? paragraph(words.profile.installIphone, "note") : installer(words.profile.install)),
      button(words.profile.update, update),
      button(words.profile.another, () => go("connect-anew")),
      el("p", { class: "foot" }, el("a", { href: "#/help" }, words.help)),
    ],
  });
}

async function signOut() {
  try {
    const answer = await open("/app/sign-out", {}, { isCalled: true });
    if (!answer.ok) return say(sentenceOf(answer), { tone: "bad" });
    say(words.profile.signedOut);
    await goOn();
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    say(words.lost, { tone: "bad" });
  }
}
