// Who this phone is: nobody's ("none"), paired without a person, or somebody's ("app"). One object, filled by /app/me.
// ``username`` stands in the next sign-in, ``isFilledIn`` when a QR code brought it.
import { call, Lost } from "./api.js";
import { rememberCompany } from "./memory.js";
import { go } from "./router.js";

// ``list`` is what this person searched and saw last.
const nobody = () => ({ state: "none", company: "", companyId: "", device: "", person: "", signInAs: "", username: "", isFilledIn: false, list: emptyList() });
const emptyList = () => ({ q: "", kind: "", kept: null });

export const session = nobody();

// Asks the portal. Throws Lost where it has no answer to give.
export async function load() {
  const answer = await call("/app/me");
  if (!answer.ok) throw new Lost();
  take(answer.data);
}

// After a sign-in, a sign-out or a code: on to where this phone may go. What was done stays done without an answer now;
// the start screen then tries again.
export async function goOn() {
  try {
    await load();
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    return go("home", { instead: true });
  }
  return go(session.state === "app" ? "records" : "sign-in", { instead: true });
}

export const reset = () => Object.assign(session, nobody());

function take(me) {
  const signInAs = me.person?.username ?? "";
  if (session.companyId !== me.site.account_id || session.signInAs !== signInAs) session.list = emptyList();
  session.state = me.scope === "app" ? "app" : "paired";
  session.company = me.site.name;
  session.companyId = me.site.account_id;
  session.device = me.device_name;
  session.person = me.person?.name ?? "";
  session.signInAs = signInAs;
  rememberCompany(session.companyId, session.company);
}
