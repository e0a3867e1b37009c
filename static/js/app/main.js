// Starts the app: the scanned link first, then who this phone is, then the screen of the address.
import { call, Ended, finish, Lost, onSession, refresh, sentenceOf } from "./api.js";
import { note } from "./log.js";
import { say, showBar } from "./layout.js";
import { clearEverything, keepShell, pending, rememberedCompany } from "./memory.js";
import { isPayload, read, readFragment } from "./payload.js";
import { go, guardWith, isKnown, open, register } from "./router.js";
import { account, connect, offer } from "./screens/connect.js";
import { help } from "./screens/help.js";
import { profile } from "./screens/profile.js";
import { record } from "./screens/record.js";
import { records } from "./screens/records.js";
import { scan } from "./screens/scan.js";
import { damaged, ended, foreign, newer, offline, setup } from "./screens/setup.js";
import { signIn } from "./screens/signIn.js";
import { typeSetupCode, typeStickerCode } from "./screens/typed.js";
import { load, reset, session } from "./session.js";
import { words } from "./words.js";

const FOR_SIGNED_IN = ["records", "record", "profile"];
const SLOW_MS = 6000;
const AGAIN_MS = 10_000; // so long a refused sticker that the camera still sees is not asked about again
const FOR_GOOD = ["revoked", "account_locked"]; // the device that this phone was never comes back
const HOME = { none: "setup", paired: "sign-in", app: "records" };

register("home", () => {
  history.replaceState(history.state, "", "/app#/");
  return resume();
});
register("setup", setup);
register("scan", () => (session.state === "app" ? scanSticker() : scanSetup()));
register("type", () => (session.state === "app" ? typeSticker() : typeSetup()));
register("connect-anew", () => scanSetup());
register("type-anew", () => typeSetup());
register("connect", connect);
register("account", account);
register("sign-in", signIn);
register("records", records);
register("record", record);
register("profile", profile);
register("help", help);
register("ended", ended);

guardWith((name) => {
  const home = isUnasked() ? "home" : HOME[session.state];
  if (!isKnown(name) || (FOR_SIGNED_IN.includes(name) && session.state !== "app")) return home;
  if (name === "sign-in" && session.state !== "paired") return home;
  if (name === "ended" && session.state !== "none") return home; // gone back to, after connecting anew
  return name === "setup" && session.state !== "none" ? home : name;
});

// A phone that a company has, and that came by a link: who it is has not been asked yet.
const isUnasked = () => session.state === "none" && rememberedCompany() !== "";

// Somebody who is signed in comes to these two from their profile, to connect to another company.
function scanSetup() {
  showBar(session.state === "app" ? "profile" : null);
  scan({ title: words.scan.setupTitle, onText: takeSetup, typed: session.state === "app" ? "type-anew" : "type" });
}

function typeSetup() {
  showBar(session.state === "app" ? "profile" : null);
  typeSetupCode(offerTyped);
}

function scanSticker(news = "") {
  showBar("scan");
  scan({ title: words.scan.stickerTitle, onText: takeSticker, typed: "type", news });
}

function typeSticker() {
  showBar("scan");
  typeStickerCode(findSticker);
}

const offerTyped = (code) => offer({ way: "", secret: code, isTyped: true, company: "", logo: "", username: "" });

// What a phone that is to be connected makes of a text: true when it was taken, else the sentence to show.
function takeSetup(text) {
  const found = read(text);
  if (found.kind === "connect") offer(found);
  else if (found.kind === "foreign") foreign(found);
  else if (found.kind === "newer") newer();
  else if (found.kind !== "sticker") return words.scan.unknown;
  else return session.state === "app" ? words.scan.noSetup : words.scan.signInFirst;
  return true;
}

let refused = { text: "", sentence: "", at: 0 };

function takeSticker(text) {
  const found = read(text);
  if (found.kind !== "sticker") return found.kind === "unknown" ? words.scan.unknown : takeSetup(text);
  if (text === refused.text && performance.now() - refused.at < AGAIN_MS) return refused.sentence;
  findSticker(text).then((sentence) => {
    if (!sentence) return;
    refused = { text, sentence: sentence === words.lost ? words.scan.lost : sentence, at: performance.now() };
    if (location.hash === "#/scan") scanSticker(refused.sentence);
  });
  return true;
}

// Opens the record of a sticker, unless the person has gone elsewhere meanwhile. Returns '' or the sentence that says why not.
async function findSticker(text) {
  const from = location.hash;
  try {
    const answer = await call("/app/scan", { method: "POST", json: { text } });
    if (location.hash !== from) return "";
    if (!answer.ok) return sentenceOf(answer);
    await go(`record/${encodeURIComponent(answer.data.record.id)}`, { instead: true });
    return "";
  } catch (fault) {
    if (fault instanceof Lost) return words.lost;
    throw fault;
  }
}

// A link that was scanned with the phone's own camera. Its fragment leaves the address bar before anything else.
function takeLink() {
  const hash = location.hash;
  if (!isPayload(hash)) return false;
  history.replaceState(null, "", "/app");
  const found = readFragment(hash);
  if (found.kind === "connect") offer(found);
  else if (found.kind === "foreign") foreign(found);
  else if (found.kind === "newer") newer();
  else damaged();
  return true;
}

// Who this phone is, by its cookie; then the screen.
async function resume() {
  const late = setTimeout(() => say(words.slow), SLOW_MS);
  try {
    const outcome = await refresh();
    if (outcome === "ok") await load();
    else if (rememberedCompany() || !["none", "invalid"].includes(outcome)) return await finish(outcome);
  } catch (fault) {
    if (fault instanceof Ended) return undefined;
    if (fault instanceof Lost) return offline(resume, { hasLink: pending() !== null });
    throw fault;
  } finally {
    clearTimeout(late);
  }
  return open();
}

// The end of this phone's connection: nothing of the company stays, and a sentence says what to do.
async function over(reason) {
  reset();
  say("");
  await clearEverything({ mayComeBack: !FOR_GOOD.includes(reason) });
  await go("ended", { instead: true, state: { reason } });
}

function complain(fault) {
  if (fault instanceof Ended) return;
  note(`fault ${fault?.name}: ${fault?.message}`);
  say(fault instanceof Lost ? words.lost : words.fault, { tone: "bad" });
}

onSession(over, resume);
addEventListener("popstate", () => takeLink() || open());
addEventListener("offline", () => say(words.offline, { tone: "bad", stays: true }));
addEventListener("online", () => say(words.online));
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof Ended || event.reason instanceof Lost) event.preventDefault();
  complain(event.reason);
});
addEventListener("error", (event) => complain(event.error));
keepShell();
if (!takeLink()) resume();
