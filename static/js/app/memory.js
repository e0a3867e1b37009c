// What the app keeps on the phone: never a token. localStorage for what outlives a visit, sessionStorage for a code that
// was scanned and not yet used, so that a reload does not lose it.
import { note } from "./log.js";

const UID = "installation_uid";
const COMPANY = "company";
const COMPANY_ID = "company_id";
const NAME = "sign_in_name";
const PENDING = "pending_code";
const LOST = "lost_answer";
const WORKER_MS = 3000; // longer than that nobody waits for a worker to give up: it goes a little later

// What stands here where a private window refuses storage: the app then works for this visit.
let drawnUid = "";
let heldPending = null;
let heldLost = false;

function attempt(act, otherwise = null) {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

const keep = (key, text) => attempt(() => localStorage.setItem(key, text));
const kept = (key) => attempt(() => localStorage.getItem(key)) ?? "";

// Drawn once per installation of the app, 128 random bits. No secret: it tells that a device came back.
export function installationUid() {
  const known = kept(UID);
  if (known) return known;
  drawnUid ||= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  keep(UID, drawnUid);
  return drawnUid;
}

export function rememberCompany(id, name) {
  keep(COMPANY_ID, id);
  keep(COMPANY, name);
}
export const rememberedCompany = () => kept(COMPANY);

// The company that this phone leaves by connecting to the one with this id, or ''.
export const companyLeftFor = (id) => (kept(COMPANY_ID) === id ? "" : kept(COMPANY));

// Whom the next sign-in is for, so that a reload does not lose what a QR code filled in; '' once they are in.
export const keepName = (name) => keep(NAME, name);
export const keptName = () => kept(NAME);

export function keepPending(payload) {
  heldPending = payload;
  attempt(() => sessionStorage.setItem(PENDING, JSON.stringify(payload)));
}

export function dropPending() {
  heldPending = null;
  attempt(() => sessionStorage.removeItem(PENDING));
}

export const pending = () => heldPending ?? attempt(() => JSON.parse(sessionStorage.getItem(PENDING) ?? "null"));

// Whether the browser is set to keep nothing. Chromium says that cookies are enabled even where it refuses them, and refuses
// its storage with them.
export const isForgetful = () => !navigator.cookieEnabled || attempt(() => localStorage) === null;

// Whether the portal's answer to a sign-in or sign-out has not come, for whichever tab: the next refresh tells it.
export function keepLost(isLost) {
  heldLost = isLost;
  attempt(() => (isLost ? localStorage.setItem(LOST, "yes") : localStorage.removeItem(LOST)));
}
export const hasLost = () => heldLost || attempt(() => localStorage.getItem(LOST)) === "yes";

// The worker keeps the app's own files, so that it opens without a connection.
let registering = null;
export function keepShell() {
  registering = navigator.serviceWorker?.register("/app/sw.js", { scope: "/app" }).catch((fault) => note(`no service worker (${fault.name})`));
}

const wipe = async (all, remove) => Promise.all((await all()).map(remove));
const wipeCaches = () => wipe(() => caches.keys(), (name) => caches.delete(name));

// Takes the worker away, also one that is still on its way, and then what it kept.
async function dropWorker() {
  await registering;
  const all = await navigator.serviceWorker.getRegistrations();
  await Promise.all(all.map(({ installing }) => installing && giveUp(installing)));
  await Promise.all(all.map((one) => one.unregister()));
  await wipeCaches();
}

function giveUp(worker) {
  const settled = new Promise((done) => {
    worker.addEventListener("statechange", done);
    if (worker.state !== "installing") done();
  });
  worker.postMessage("forget");
  return settled;
}

const pause = (time) => new Promise((done) => setTimeout(done, time));

// Everything, after the company has ended the connection: caches, databases, both storages, the worker. What a browser does
// not have, or refuses to a private window, holds nothing. Only a phone that may come back as the device it was stays known
// by what it drew: ``mayComeBack``.
export async function clearEverything({ mayComeBack }) {
  const uid = mayComeBack ? kept(UID) || drawnUid : "";
  drawnUid = uid;
  dropPending();
  keepLost(false);
  attempt(() => localStorage.clear());
  if (uid) keep(UID, uid);
  attempt(() => sessionStorage.clear());
  await Promise.allSettled([
    Promise.race([dropWorker(), pause(WORKER_MS)]),
    wipeCaches(),
    wipe(() => indexedDB.databases(), ({ name }) => indexedDB.deleteDatabase(name)),
  ]);
}
