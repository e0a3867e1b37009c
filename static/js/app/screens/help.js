// What to do when it does not work, and the app's log for the person's admin.
import { version } from "../device.js";
import { button, el, paragraph, steps } from "../dom.js";
import { say, show, showBar } from "../layout.js";
import { logged } from "../log.js";
import { back } from "../router.js";
import { session } from "../session.js";
import { words } from "../words.js";
import { update } from "./setup.js";

export function help() {
  const log = logged();
  showBar(session.state === "app" ? "help" : null);
  show({
    title: words.helpPage.title,
    back,
    body: [
      ...words.helpPage.topics.map(([question, lines]) => el("details", {}, el("summary", {}, question), steps(lines))),
      el("section", {}, el("h2", {}, words.helpPage.log), log ? el("pre", { class: "log", tabindex: "0" }, log) : paragraph(words.helpPage.logEmpty, "hint"), log && navigator.clipboard && button(words.helpPage.copy, () => navigator.clipboard.writeText(log).then(() => say(words.helpPage.copied)))),
      button(words.newer.update, update),
      paragraph(words.helpPage.version(version), "hint"),
    ],
  });
}
