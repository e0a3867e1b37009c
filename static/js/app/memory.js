// What the app keeps on the phone: never a token. localStorage for what outlives a visit, sessionStorage for a code that
// was scanned and not yet used, so that a reload does not lose it.
import { note } from "./log.js";

const UID = "installation_uid";
const COMPANY = "company";
const PENDING = "pending_code";

// What stands here where a private window refuses storage: the app then works for this visit.
let drawnUid = "";
let heldPending = null;

function attempt(act, otherwise = null) {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

// Drawn once per installation of the app, 128 random bits. No secret: it tells that a device came back.
export function installationUid() {
  const kept = attempt(() => localStorage.getItem(UID));
  if (kept) return kept;
  drawnUid ||= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  attempt(() => localStorage.setItem(UID, drawnUid));
  return drawnUid;
}

export const rememberCompany = (name) => attempt(() => localStorage.setItem(COMPANY, name));
export const rememberedCompany = () => attempt(() => localStorage.getItem(COMPANY)) ?? "";

export function keepPending(payload) {
  heldPending = payload;
  attempt(() => sessionStorage.setItem(PENDING, JSON.stringify(payload)));
}

export function dropPending() {
  heldPending = null;
  attempt(() => sessionStorage.removeItem(PENDING));
}

export const pending = () => heldPending ?? attempt(() => JSON.parse(sessionStorage.getItem(PENDING) ?? "null"));

// The worker keeps the app's own files, so that it opens without a connection.
export const keepShell = () => navigator.serviceWorker?.register("/app/sw.js", { scope: "/app" }).catch((fault) => note(`no service worker (${fault.name})`));

// Everything, after the company has ended the connection: caches, databases, both storages, the worker. What a browser does
// not have, or refuses to a private window, holds nothing.
export async function clearEverything() {
  drawnUid = "";
  dropPending();
  attempt(() => localStorage.clear());
  attempt(() => sessionStorage.clear());
  const wipe = async (all, remove) => Promise.all((await all()).map(remove));
  await Promise.allSettled([
    wipe(() => caches.keys(), (name) => caches.delete(name)),
    wipe(() => indexedDB.databases(), ({ name }) => indexedDB.deleteDatabase(name)),
    wipe(() => navigator.serviceWorker.getRegistrations(), (one) => one.unregister()),
  ]);
}
