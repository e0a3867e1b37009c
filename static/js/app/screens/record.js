// Everything about one record, and whom to call.
import { call, Lost, picture, sentenceOf } from "../api.js";
import { button, el, icon, paragraph } from "../dom.js";
import { day, papersTone, paperStates, tones } from "../states.js";
import { problem, show, showBar } from "../layout.js";
import { back } from "../router.js";
import { words } from "../words.js";

export async function record(id) {
  const life = { addresses: [], isOver: false };
  const frame = { back, onLeave: () => leave(life) };
  showBar("records");
  show({ title: words.records.loading, body: [], ...frame });
  let answer;
  try {
    answer = await call(`/records/${encodeURIComponent(id)}`);
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    answer = null;
  }
  if (life.isOver) return;
  const again = button(words.retry, () => record(id));
  if (!answer) show({ title: words.offline, back, body: [problem(words.lost, again)] });
  else if (answer.status === 404) show({ title: words.record.missing, back, body: [paragraph(words.record.missingHow)] });
  else if (!answer.ok) show({ title: words.records.title, back, body: [problem(sentenceOf(answer), again)] });
  else draw(answer.data);
}

function leave(life) {
  life.isOver = true;
  life.addresses.forEach(URL.revokeObjectURL);
}

function draw(thing) {
  const life = { addresses: [], isOver: false };
  const notice = words.record.notices[thing.state];
  const status = papersTone(thing.expirations);
  show({
    title: thing.name,
    kind: "record",
    back,
    onLeave: () => leave(life),
    body: [
      thing.has_photo && image(thing, thing.kind === "contact" ? "photo face" : "photo", "full", life),
      paragraph([words.kinds[thing.kind], thing.tag].filter(Boolean).join(" · "), "kind"),
      notice && el("div", { class: `notice ${tones[thing.state]}` }, el("strong", {}, notice), thing.state_since && paragraph(words.record.since(day(thing.state_since)))),
      thing.archived_at && el("div", { class: "notice soon" }, el("strong", {}, words.record.archived)),
      status && el("p", { class: `badge ${status.tone}` }, status.text),
      thing.kind === "contact" ? ownReach(thing) : owner(thing, life),
      thing.supervisor && person(words.record.supervisor, thing.supervisor, "quiet", life),
      papers(thing.expirations),
      place(thing.location),
      details(thing.fields, thing.kind),
      ...thing.pointing.map(pointing),
      paragraph(words.record.changed(day(thing.updated_at), thing.updated_by), "hint"),
    ],
  });
}

function image(thing, kind, size, life, alt = words.record.photoOf(thing.name)) {
  const shown = el("img", { class: kind, alt });
  picture(`/records/${encodeURIComponent(thing.id)}/photo?size=${size}`)
    .catch(() => "")
    .then((address) => {
      if (!address || life.isOver) return shown.remove();
      life.addresses.push(address);
      shown.src = address;
    });
  return shown;
}

function owner(thing, life) {
  if (thing.owner) return person(words.record.owner, thing.owner, "strong", life);
  return el("section", {}, el("h2", {}, words.record.owner), paragraph(words.record.nobody));
}

// A contact's own page: its mail and numbers are among its fields.
function ownReach(thing) {
  const found = Object.fromEntries(thing.fields.map((one) => [one.name, one]));
  const phones = [found.mobile, found.phone].filter((one) => one?.href);
  return el("section", {}, reach({ name: thing.name, email_href: found.email?.href, phones }, "strong"));
}

function person(heading, someone, kind, life) {
  const lines = [someone.job_title, someone.company].filter(Boolean);
  const face = someone.has_photo ? image(someone, "portrait", "thumb", life, "") : el("span", { class: "portrait blank", "aria-hidden": "true" }, [...someone.name][0].toUpperCase());
  return el(
    "section",
    {},
    el("h2", {}, heading),
    el(
      "a",
      { class: "who", href: `#/record/${encodeURIComponent(someone.id)}` },
      face,
      el("span", {}, el("strong", { dir: "auto" }, someone.name), gone(someone), lines.map((line) => el("span", { class: "under", dir: "auto" }, line))),
    ),
    reach(someone, kind),
  );
}

// Who has left, or a place that was given up, may still be noted: it is said where it stands.
const gone = (one) => one.archived_at && el("span", { class: "badge soon" }, words.record.gone);

// Mail and Call; a second number stands below as a link of its own.
function reach({ name, email_href: mail, phones }, kind) {
  const [first, ...more] = phones;
  if (!mail && !first) return paragraph(words.record.unreachable, "hint");
  return [
    el(
      "div",
      { class: "reach", role: "group", "aria-label": words.record.reach(name) },
      mail && el("a", { class: `button ${kind}`, href: mail, "aria-label": words.record.mailWhom(name) }, icon("mail"), words.record.mail),
      first && el("a", { class: `button ${kind}`, href: first.href, "aria-label": words.record.callWhom(name) }, icon("phone"), words.record.call),
    ),
    first && el("p", { class: "numbers" }, [first, ...more].map((one) => el("a", { href: one.href }, el("bdi", {}, one.text)))),
  ];
}

function papers(all) {
  const shown = all.filter((one) => one.state !== "renewed");
  if (!shown.length) return null;
  const line = (one) =>
    el(
      "li",
      {},
      el("span", { class: "paper" }, el("strong", { dir: "auto" }, one.what), el("span", { class: "under" }, `${day(one.expires_on)} (${one.when})`)),
      el("span", { class: `badge ${tones[one.state]}` }, paperStates[one.state]),
    );
  return el("section", {}, el("h2", {}, words.record.expirations), el("ul", { class: "papers" }, shown.map(line)));
}

function place(location) {
  if (!location) return null;
  return el(
    "section",
    {},
    el("h2", {}, words.kinds.location),
    el("a", { class: "who", href: `#/record/${encodeURIComponent(location.id)}` }, el("span", { class: "portrait blank" }, icon("location")), el("span", {}, el("strong", { dir: "auto" }, location.name), gone(location), location.address && el("span", { class: "under", dir: "auto" }, location.address))),
  );
}

// The records that name this one: what a person looks after, what stands at a place.
function pointing({ title, records, count }) {
  const line = (one) =>
    el("li", {}, el("a", { href: `#/record/${encodeURIComponent(one.id)}` }, el("span", { class: "kind-mark" }, icon(one.kind)), el("span", { class: "what" }, el("strong", { dir: "auto" }, one.name), one.tag && el("span", { class: "under", dir: "auto" }, one.tag))));
  const more = count - records.length;
  return el("section", {}, el("h2", {}, `${title} (${count})`), el("ul", { class: "records" }, records.map(line)), more > 0 && paragraph(words.record.andMore(more), "hint"));
}

function details(all, kind) {
  const known = kind === "contact" ? [] : ["state"];
  const shown = all.filter((one) => one.text && !known.includes(one.name));
  if (!shown.length) return null;
  const value = (one) => (one.href ? el("a", { href: one.href }, one.text) : one.text);
  return el("section", {}, el("h2", {}, words.record.details), el("dl", { class: "facts" }, shown.map((one) => el("div", {}, el("dt", {}, one.label), el("dd", { dir: "auto" }, value(one))))));
}
