// Mobile Setup: the QR code follows the username as it is typed or picked, and the rotation is followed live.
const TYPING_PAUSE_MS = 250;
const EVERY_MS = 5000;
const ANEW_MS = 15000;
const SLOWEST_MS = 60000;

const box = document.querySelector("[data-setup-qr]");
if (box) followUsername(box);
followRotation(EVERY_MS);

const large = document.querySelector("[data-setup-large]");
if (!document.fullscreenEnabled) large?.remove(); // iPhones show nothing but films on their whole screen
large?.addEventListener("click", () => document.querySelector("[data-setup-image]").requestFullscreen());

function followUsername(box) {
  const form = box.querySelector("[data-setup-form]");
  const field = form.elements.username;
  const says = box.querySelector("[data-setup-says]");
  const names = new Set([...form.querySelectorAll("option")].map((option) => option.value.toLowerCase()));
  let timer;
  let asked = 0;
  let shown = field.defaultValue.trim();

  const ask = async (isAnew = false) => {
    const username = field.value.trim();
    const isSame = username === shown;
    if (isSame && !isAnew) return;
    const turn = ++asked;
    let answer = null;
    let why = "Check the connection and type again.";
    try {
      const response = await fetch(box.dataset.setupQr, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.dataset.token },
        body: JSON.stringify({ username }),
      });
      const told = await response.json();
      if (response.ok) answer = told;
      else if ([401, 403].includes(response.status)) why = tooOld();
      else why = told.errors?.username?.[0] ?? told.detail ?? why;
    } catch {
      // Answered below: the line says that the code is still the one before.
    }
    if (turn !== asked) return;
    if (answer && companyOf(answer.payload) !== box.dataset.setupCompany) {
      location.reload(); // switched in another tab: all of this page has to speak of one company
      return;
    }
    if (!answer) {
      if (!isSame) says.textContent = `The QR code could not be made: it is still the one before. ${why}`;
      return;
    }
    shown = username;
    show(box, answer);
    if (isSame) return;
    const kept = answer.username; // without what nobody sees, such as signs without a width
    says.textContent = !kept ? "" : names.has(kept.toLowerCase()) ? `This code fills in ${kept}.` : `Nobody among the suggestions signs in with ${kept}. This code fills it in all the same.`;
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, TYPING_PAUSE_MS); });
  field.addEventListener("change", () => { clearTimeout(timer); ask(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); ask(); });
  // The key may be rotated while this page stands on a screen, by somebody else or by the plan.
  const askAnew = () => document.hidden || ask(true);
  document.addEventListener("visibilitychange", askAnew);
  const following = setInterval(askAnew, ANEW_MS);
  // The session or this page's token is over: nothing may be asked from here any more.
  const tooOld = () => {
    clearInterval(following);
    return (says.textContent = "Load this page again: only then does it follow the key and the username.");
  };
  ask(); // what was typed before this script ran, or what the browser put back
}

const companyOf = (payload) => new URLSearchParams(new URL(payload).hash.slice(1)).get("c");

function show(box, { svg, company, username, generation }) {
  const image = box.querySelector("[data-setup-image]");
  const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  if (image.src !== source) image.src = source;
  image.alt = `Pairing QR code of ${company}${username ? ` for ${username}` : ""}`;
  box.querySelector("[data-setup-generation]").textContent = String(generation);
  const print = document.querySelector("[data-setup-print]");
  const address = new URL(print.href);
  if (username) address.searchParams.set("username", username); else address.searchParams.delete("username");
  print.href = address;
  const rotation = document.querySelector("[data-setup-rotation]");
  const home = box.querySelector("[data-setup-form]").action; // not the page's own: a refused mail stands at another
  if (rotation && rotation.dataset.setupRotation !== String(generation)) renew(rotation, home);
}

// What the page says of the rotation, as the portal says it now. Without an answer the next turn asks again.
async function renew(rotation, address) {
  try {
    const response = await fetch(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const renewed = page.querySelector("[data-setup-rotation]");
    if (!renewed || !rotation.isConnected) return;
    rotation.replaceWith(renewed);
    followRotation(EVERY_MS);
  } catch {
    // No connection.
  }
}

async function followRotation(wait, box = document.querySelector("[data-setup-progress]")) {
  if (!box?.isConnected) return;
  let answer = null;
  try {
    const response = await fetch(box.dataset.setupProgress, { headers: { Accept: "application/json" } });
    if (response.ok) answer = await response.json();
  } catch {
    // No connection: the next turn asks again.
  }
  if (answer) {
    const words = `${answer.moved} of ${answer.total} moved`;
    const line = box.querySelector("[data-setup-moved]");
    if (line.textContent !== words) line.textContent = words;
    const bar = box.querySelector("progress");
    bar.max = answer.total;
    bar.value = answer.moved;
    box.querySelector("[data-setup-left-title]").hidden = answer.left.length === 0;
    box.querySelector("[data-setup-left]").replaceChildren(...answer.left.map(nameItem));
    const unnamed = answer.total - answer.moved - answer.left.length;
    box.querySelector("[data-setup-unnamed]").textContent = unnamed ? `And ${unnamed.toLocaleString("en")} more.` : "";
    if (answer.moved === answer.total && !answer.ends_at) return; // until then the old code lets phones in
  }
  const next = answer ? EVERY_MS : Math.min(wait * 2, SLOWEST_MS);
  setTimeout(() => followRotation(next, box), next);
}

function nameItem(name) {
  const item = document.createElement("li");
  const isolated = document.createElement("bdi");
  isolated.textContent = name;
  item.append(isolated);
  return item;
}
