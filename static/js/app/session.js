// Who this phone is: nobody's ("none"), paired without a person, or somebody's ("app"). One object, filled by /app/me.
// ``username`` stands in the next sign-in, ``isFilledIn`` when a QR code brought it.
import { call } from "./api.js";
import { rememberCompany } from "./memory.js";

export const session = { state: "none", company: "", companyId: "", device: "", person: "", signInAs: "", username: "", isFilledIn: false };

export async function load() {
  const answer = await call("/app/me");
  if (!answer.ok) return answer;
  take(answer.data);
  return answer;
}

export function reset() {
  Object.assign(session, { state: "none", company: "", companyId: "", device: "", person: "", signInAs: "", username: "", isFilledIn: false });
}

function take(me) {
  session.state = me.scope === "app" ? "app" : "paired";
  session.company = me.site.name;
  session.companyId = me.site.account_id;
  session.device = me.device_name;
  session.person = me.person?.name ?? "";
  session.signInAs = me.person?.username ?? "";
  rememberCompany(session.company);
}
