// Follows a job: asks [data-progress-url] for {state, percent, text, href} until an href says where to go next.
const EVERY_MS = 1000;

export function progress(page) {
  page.querySelectorAll("[data-progress-url]").forEach((box) => follow(box, EVERY_MS));
}

async function follow(box, wait) {
  let answer = null;
  try {
    const response = await fetch(box.dataset.progressUrl, { headers: { Accept: "application/json" } });
    if (response.ok) answer = await response.json();
  } catch {
    // No connection: the banner says so, and the next turn asks again.
  }
  if (answer?.href) { location.assign(answer.href); return; }
  if (answer) show(box, answer);
  if (answer && ["failed", "dead"].includes(answer.state)) return;
  const next = answer ? EVERY_MS : Math.min(wait * 2, 15000);
  setTimeout(() => follow(box, next), next);
}

function show(box, { percent, text }) {
  const bar = box.querySelector("progress");
  if (percent === null) bar.removeAttribute("value"); else bar.value = percent;
  box.querySelector("[data-progress-figure]").textContent = percent === null ? "" : `${Math.round(percent)} %`;
  const line = box.querySelector("[data-progress-text]");
  if (line.textContent !== text) line.textContent = text;
}
