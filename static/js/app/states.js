// What states look like: the portal's words for them, the tone (good, soon, bad) of each, and days in words.
import { words } from "./words.js";

export const tones = { valid: "good", "due soon": "soon", expired: "bad", "out of order": "bad", stolen: "bad", lost: "soon", retired: "soon" };
export const paperStates = words.states;

// The worst of a record's papers in a few words; null where none is kept.
export function papersTone(papers) {
  const current = papers.filter((one) => one.state !== "renewed");
  for (const state of ["expired", "due soon"]) {
    const [first, ...more] = current.filter((one) => one.state === state);
    if (first) return { tone: tones[state], text: words.record.worst(first.what, more.length, words.states[state].toLowerCase()) };
  }
  return current.length ? { tone: "good", text: words.record.allValid } : null;
}

// '2030-01-01' or a moment, as a day in the app's language: a phone's own may count other years. A bare day is a day of the calendar, in no zone.
export function day(text) {
  const isBare = text.length === 10;
  return new Date(isBare ? `${text}T00:00:00Z` : text).toLocaleDateString("en", { dateStyle: "medium", ...(isBare && { timeZone: "UTC" }) });
}

// A moment with its hour, where the phone is.
export const moment = (text) => new Date(text).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
