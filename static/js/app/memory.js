// What the app keeps on the phone: never a token. localStorage for what outlives a visit, sessionStorage for a code that
// was scanned and not yet used, so that a reload does not lose it.
const UID = "installation_uid";
const COMPANY = "company";
const PENDING = "pending_code";

// Private windows may refuse storage; the app then works for this visit.
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
  const drawn = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  attempt(() => localStorage.setItem(UID, drawn));
  return drawn;
}

export const rememberCompany = (name) => attempt(() => localStorage.setItem(COMPANY, name));
export const rememberedCompany = () => attempt(() => localStorage.getItem(COMPANY)) ?? "";

export const keepPending = (payload) => attempt(() => sessionStorage.setItem(PENDING, JSON.stringify(payload)));
export const dropPending = () => attempt(() => sessionStorage.removeItem(PENDING));
export const pending = () => attempt(() => JSON.parse(sessionStorage.getItem(PENDING) ?? "null"));

// Everything, after the company has ended the connection: caches, databases, both storages, the worker.
export async function clearEverything() {
  attempt(() => localStorage.clear());
  attempt(() => sessionStorage.clear());
  const wipe = async (names, remove) => Promise.all((await names).map(remove));
  await Promise.allSettled([
    "caches" in window && wipe(caches.keys(), (name) => caches.delete(name)),
    indexedDB.databases && wipe(indexedDB.databases(), ({ name }) => indexedDB.deleteDatabase(name)),
    navigator.serviceWorker?.getRegistrations().then((all) => Promise.all(all.map((one) => one.unregister()))),
  ]);
}
