// The company's records: search, kinds, and more of them on demand. What was searched stays when one comes back.
import { call, Lost, sentenceOf } from "../api.js";
import { button, el, icon, paragraph } from "../dom.js";
import { problem, show, showBar } from "../layout.js";
import { tones } from "../states.js";
import { depth } from "../router.js";
import { session } from "../session.js";
import { words } from "../words.js";

const PAUSE_MS = 250;
const KEPT_MS = 300_000; // an older list is asked for anew

export function records() {
  const last = session.list;
  const list = el("ul", { class: "records" });
  const count = el("p", { class: "hint", role: "status" });
  const after = el("div", {});
  const box = el("input", { type: "search", id: "search", name: "q", class: "field", value: last.q, placeholder: words.records.placeholder, autocomplete: "off", enterkeyhint: "search", maxlength: 100 });
  const form = el("form", { class: "search", role: "search" }, el("label", { for: "search", class: "visually-hidden" }, words.records.search), icon("search"), box);
  const page = { list, count, after, last, asked: 0, found: null };
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => fill(page), PAUSE_MS);
  };
  box.addEventListener("input", () => {
    last.q = box.value;
    later();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    box.blur(); // the keyboard makes room for what was found
    fill(page);
  });
  showBar("records");
  const place = depth();
  const leave = () => {
    clearTimeout(timer);
    last.kept = page.found && { ...page.found, place, y: scrollY, at: performance.now() };
  };
  show({ title: words.records.title, kind: "list", body: [form, kinds(page), count, list, after], onLeave: leave });
  return isStillGood(last, place) ? restore(page, last.kept) : fill(page);
}

// Whoever comes back from a record finds the list as they left it: what was loaded, and where they were in it.
const isStillGood = ({ q, kind, kept }, place) => kept?.place === place && kept.q === q && kept.kind === kind && performance.now() - kept.at < KEPT_MS;

// It is shown at once, and the portal is asked meanwhile whether it is still so (and whether this phone still may).
async function restore(page, kept) {
  const { place, y, at, ...found } = kept;
  const redraw = (height) => {
    draw(page, page.found, "");
    scrollTo(0, height);
  };
  page.found = found;
  redraw(y);
  const asked = ++page.asked;
  const answer = await ask(found).catch((fault) => {
    if (!(fault instanceof Lost)) throw fault;
  });
  if (asked !== page.asked || !answer?.ok) return; // what is shown stays: it was right a moment ago
  const fresh = answer.data.records;
  if (JSON.stringify(fresh) === JSON.stringify(found.records.slice(0, fresh.length))) return;
  const ids = new Set(fresh.map((one) => one.id));
  const isWhole = answer.data.next_cursor === null;
  const rest = isWhole ? [] : found.records.slice(fresh.length).filter((one) => !ids.has(one.id));
  page.found = { ...found, records: [...fresh, ...rest], next_cursor: rest.length ? found.next_cursor : answer.data.next_cursor };
  redraw(scrollY);
}

const ask = ({ q, kind }, cursor = "") => call(`/records?${new URLSearchParams(Object.entries({ q: q.trim(), kind, cursor }).filter(([, value]) => value))}`);

function kinds(page) {
  const { last } = page;
  const choices = Object.entries(words.kindsMany).map(([kind, label]) => {
    const input = el("input", { type: "radio", name: "kind", value: kind, checked: kind === last.kind, class: "visually-hidden" });
    input.addEventListener("change", () => {
      last.kind = kind;
      fill(page);
    });
    return el("label", {}, input, el("span", {}, label));
  });
  return el("fieldset", { class: "kinds" }, el("legend", { class: "visually-hidden" }, words.records.kindLabel), choices);
}

// Asks anew, or for what follows after ``cursor``; an answer that a later question has overtaken is dropped.
async function fill(page, cursor = "") {
  const asked = ++page.asked;
  const { q, kind } = page.last;
  if (!cursor) page.count.textContent = words.records.loading;
  page.after.replaceChildren();
  let answer;
  try {
    answer = await ask({ q, kind }, cursor);
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    if (asked === page.asked) trouble(page, words.lost, () => fill(page, cursor));
    return;
  }
  if (asked !== page.asked) return;
  if (!answer.ok) return trouble(page, sentenceOf(answer), () => fill(page, cursor));
  const before = cursor ? page.found.records : [];
  page.found = { q, kind, records: [...before, ...answer.data.records], next_cursor: answer.data.next_cursor };
  draw(page, answer.data, cursor);
}

function draw(page, found, cursor) {
  const lines = found.records.map(line);
  if (cursor) page.list.append(...lines);
  else page.list.replaceChildren(...lines);
  const count = page.list.children.length;
  page.count.textContent = found.next_cursor ? words.records.first(count) : words.records.count(count);
  if (cursor) lines[0]?.querySelector("a").focus();
  if (!page.list.children.length) {
    const isSearched = page.last.q.trim() || page.last.kind;
    page.count.textContent = isSearched ? words.records.none : words.records.empty;
    page.after.replaceChildren(paragraph(isSearched ? words.records.noneHow : words.records.emptyHow));
  }
  if (found.next_cursor) page.after.replaceChildren(button(words.more, () => fill(page, found.next_cursor)));
}

function trouble(page, sentence, again) {
  page.count.textContent = "";
  page.after.replaceChildren(problem(sentence, button(words.retry, again)));
}

function line(record) {
  const status = record.state === "in use" ? words.states[record.expiry_state] : words.recordStates[record.state];
  const tone = tones[record.state === "in use" ? record.expiry_state : record.state];
  const under = [record.tag, ...record.details.slice(0, 2)].filter(Boolean).join(" · ");
  return el(
    "li",
    {},
    el(
      "a",
      { href: `#/record/${encodeURIComponent(record.id)}` },
      el("span", { class: "kind-mark" }, icon(record.kind)),
      el(
        "span",
        { class: "what" },
        el("strong", { dir: "auto" }, record.name),
        el("span", { class: "under", dir: "auto" }, under || words.kinds[record.kind]),
        status && tone !== "good" && el("span", { class: `badge ${tone}` }, status),
      ),
    ),
  );
}
