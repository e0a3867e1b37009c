// The one-time QR code of a phone: its countdown, the tick when it is used, and the cover when nobody should look.
// Time is the server's: every answer says how many seconds are left, and between two answers a steady clock counts.
const EVERY_MS = 1500;
const SLOWEST_MS = 15000;
const LIFE_S = 300;
const RING = 2 * Math.PI * 20; // the length of the ring, whose radius is 20

export function mobileApp(page) {
  page.querySelectorAll("[data-offer]").forEach((box) => start(page, box));
}

function start(page, box) {
  const one = {
    box,
    page,
    part: (name) => box.querySelector(`[data-${name}]`),
    left: seconds(Number(box.dataset.left)),
    undo: seconds(Number(box.dataset.undo)),
    state: box.dataset.offer,
    wait: EVERY_MS,
    isAsking: false,
    isOut: false,
    timer: 0,
  };
  show(one);
  if (one.state === "waiting") cover(one);
  setInterval(() => tick(one), 250);
  page.addEventListener("visibilitychange", () => { if (!page.hidden) ask(one); });
  ask(one);
}

// How much is left of so many seconds from now, by a clock that nobody can set.
function seconds(count) {
  const end = performance.now() + count * 1000;
  return () => Math.max(0, (end - performance.now()) / 1000);
}

const isMoving = (one) => one.state === "waiting" || (one.state === "used" && one.undo() > 0);

async function ask(one) {
  if (one.isAsking || !isMoving(one)) return;
  clearTimeout(one.timer);
  one.isAsking = true;
  try {
    const response = await fetch(one.box.dataset.statusUrl, { headers: { Accept: "application/json" } });
    // Signed out, or not allowed any more: the page itself says so.
    if ([401, 403, 404].includes(response.status)) { location.reload(); return; }
    if (!response.ok) throw new Error(`status ${response.status}`);
    await learn(one, await response.json());
    one.wait = EVERY_MS;
  } catch {
    // No connection, or the server is starting again: the next turn asks once more.
    one.wait = Math.min(one.wait * 2, SLOWEST_MS);
  } finally {
    one.isAsking = false;
  }
  one.timer = setTimeout(() => ask(one), one.wait);
}

async function learn(one, answer) {
  const was = one.state;
  one.state = answer.state;
  one.left = seconds(answer.seconds_left);
  one.undo = seconds(answer.undo_seconds_left);
  if (answer.device) name(one, answer.device);
  show(one);
  if (was !== one.state && answer.device) await renewList(one.page);
}

// The phone that joined, and whether it may work at once.
function name(one, device) {
  one.part("joined").textContent = device.name;
  const word = device.status === "pending_approval" ? "held-up" : "let-in";
  for (const words of one.box.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== word;
}

function show(one) {
  // What is spent or over is nobody's business any more: it leaves the page.
  if (one.state !== "waiting") one.part("secret")?.remove();
  for (const face of one.box.querySelectorAll("[data-face]")) face.hidden = face.dataset.face !== one.state;
  tick(one);
}

function tick(one) {
  if (one.state === "waiting") {
    const left = one.left();
    one.part("ring").setAttribute("stroke-dashoffset", String(RING * (1 - Math.min(1, left / LIFE_S))));
    one.part("clock").textContent = `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
    one.box.toggleAttribute("data-ending", left < 60);
    // The server decides that it is over; until it has said so, nothing is shown that no longer works.
    // It is asked at once, and from then on no more often than before.
    if (left === 0) one.part("secret")?.toggleAttribute("data-covered", true);
    if (left === 0 && !one.isOut) ask(one);
    one.isOut = left === 0;
  }
  const undo = one.part("undo");
  undo.hidden = one.state !== "used" || one.undo() === 0;
  one.part("undo-left").textContent = String(Math.ceil(one.undo()));
}

// Whoever turns to another window or tab leaves no code standing on the screen.
function cover(one) {
  const secret = one.part("secret");
  const hide = () => secret.toggleAttribute("data-covered", true);
  one.page.addEventListener("visibilitychange", () => { if (one.page.hidden) hide(); });
  addEventListener("blur", hide);
  if (one.page.hidden) hide();
  one.part("show").addEventListener("click", () => { if (one.left() > 0) secret.removeAttribute("data-covered"); });
}

// The list below shows the phone that has just joined. Somebody who is working in it is not disturbed.
async function renewList(page) {
  const list = page.querySelector("[data-devices]");
  if (!list || list.contains(page.activeElement)) return;
  const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text.slice(text.indexOf("<body")), "text/html").querySelector("[data-devices]");
  if (fresh) list.replaceWith(page.adoptNode(fresh));
}
