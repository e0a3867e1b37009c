// Screens by the part of the address after '#/', so that the back button, a reload and a second tab all work.
// A route's function gets what follows its name: '#/record/abc' calls record("abc").
history.scrollRestoration = "manual";
const screens = new Map();
let guard = (name) => name;

export const register = (name, open) => screens.set(name, open);
export const isKnown = (name) => screens.has(name);

// ``decide(name)`` gives the screen that may be shown in place of the one asked for.
export const guardWith = (decide) => (guard = decide);

// ``depth`` counts the screens before this one, so that Back never leads out of the app.
export const depth = () => history.state?.depth ?? 0;

export function go(route, { instead = false, state = {} } = {}) {
  if (instead) history.replaceState({ ...state, depth: depth() }, "", `/app#/${route}`);
  else history.pushState({ ...state, depth: depth() + 1 }, "", `/app#/${route}`);
  return open();
}

export const back = () => (depth() > 0 ? history.back() : go("", { instead: true }));

export function open() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const allowed = guard(name);
  if (allowed !== name) return go(allowed, { instead: true });
  return screens.get(name)(...rest.map(decoded));
}

// An address that somebody cut short is no reason to stop.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Links between screens are steps like any other.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#/']");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href").slice(2));
});
