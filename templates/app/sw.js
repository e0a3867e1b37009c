// Keeps the app's shell, so that it opens without a connection. Data is never kept here: /api and /oauth go to the
// network alone. One cache per version; the ones before it are removed when this one takes over.
const VERSION = "{{ version }}";
const CACHE = `app-shell-${VERSION}`;
const PAGE = "{{ shell[0] }}";
const SHELL = {{ shell | tojson }};

self.addEventListener("install", (event) => event.waitUntil(keepAll().then(() => self.skipWaiting())));

// The page says "forget" when the company ends the connection while this worker still gathers its files.
const giveUp = new AbortController();
self.addEventListener("message", (event) => event.data === "forget" && giveUp.abort());

// All of one release or nothing: while a release is rolled out, another server may still answer with the one before. The
// browser then tries again at the next start.
async function keepAll() {
  const how = { cache: "reload", credentials: "omit", signal: giveUp.signal };
  const fresh = await Promise.all(SHELL.map((address) => fetch(address, how)));
  if (!fresh.every((answer) => answer.ok && answer.headers.get("Shell-Version") === VERSION)) throw new Error("not of one release");
  const cache = await caches.open(CACHE);
  await Promise.all(SHELL.map((address, place) => cache.put(address, fresh[place])));
  giveUp.signal.throwIfAborted();
}

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("app-shell-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  const isPage = event.request.mode === "navigate" && address.pathname.replace(/\/$/, "") === PAGE;
  if (!isPage && !SHELL.includes(address.pathname)) return;
  event.respondWith(answer(event.request, isPage ? PAGE : address.pathname));
});

// A page of one version asks for files of that version, so the cache can answer first without ever mixing two.
async function answer(request, key) {
  const kept = await caches.match(key, { cacheName: CACHE }); // which makes no cache where there is none
  return kept ?? fetch(request);
}
