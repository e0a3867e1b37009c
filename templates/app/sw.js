// Keeps the app's shell, so that it opens without a connection. Data is never kept here: /api and /oauth go to the
// network alone. One cache per version; the ones before it are removed when this one takes over.
const CACHE = "app-shell-{{ version }}";
const PAGE = "{{ shell[0] }}";
const SHELL = {{ shell | tojson }};

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((address) => new Request(address, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

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
  const kept = await caches.open(CACHE).then((cache) => cache.match(key));
  return kept ?? fetch(request);
}
