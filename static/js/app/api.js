// Talks to the portal. The access token lives in this variable and nowhere else; the refresh token is a cookie that no
// script can read. Refreshing is one at a time across tabs (Web Locks), because each refresh uses up the token before.
import { note } from "./log.js";
import { hasLost, keepLost } from "./memory.js";
import { words } from "./words.js";

const API = "/api/v1";
const CLIENT = "portal-app";
const LOCK = "portal-refresh";
const AGAIN_MS = 1500;
const ANSWER_MS = 30_000; // then the signal is too weak, and the person is told instead of kept waiting
const PICTURE_MS = 90_000;
// Ends for good, whatever another tab does. What is not among them may be a race that somebody else won.
const ENDS = ["revoked", "suspended", "pending_approval", "account_locked", "second_step", "key_rotated", "expired"];

let token = "";
let renewing = null; // what several callers of this tab wait for together
let onEnd = () => {};
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("portal-session") : null;

// There was no answer: no signal, a dead server, a broken connection.
export class Lost extends Error {}

// The connection of this phone is over; whoever catches it has nothing to do, the screen is there already.
export class Ended extends Error {}

// ``act(reason)`` runs once when the company ended this phone's connection; ``changed()`` when another tab signed in,
// signed out or was ended.
export function onSession(act, changed) {
  onEnd = act;
  tabs?.addEventListener("message", ({ data }) => {
    token = "";
    if (data.ended) act(data.ended);
    else changed();
  });
}

// A request with the phone's token. Returns {ok, status, data, wait}; throws Lost, or Ended after telling ``onEnd``.
// ``isOpening``: its answer replaces the refresh cookie. The portal may open the new session and the phone never hear of it,
// as when the app is closed meanwhile: so that is noted before it is sent.
export async function call(path, { isOpening = false, ...request } = {}) {
  const deliver = () => send(path, { ...request, bearer: token });
  const openAnew = () => {
    keepLost(true);
    return deliver();
  };
  const attempt = () => (isOpening ? alone(openAnew) : deliver());
  if (!token) await refreshOrEnd("");
  let answer = await attempt();
  if (answer.isTokenRefused) {
    await refreshOrEnd(answer.data.reason ?? "");
    answer = await attempt();
    if (answer.isTokenRefused) await end(answer.data.reason ?? "invalid");
  }
  return answer;
}

// A request that needs no token: the doors through which a phone comes in.
export const ask = (path, json) => send(path, { method: "POST", json });
export const askWithPicture = (path, picture) => send(path, { method: "POST", body: picture, type: picture.type });

// A picture behind the token, as an address for an image; '' when there is none.
export async function picture(path) {
  const answer = await call(path, { type: "picture" });
  return answer.ok && answer.blob ? URL.createObjectURL(answer.blob) : "";
}

// Sends what opens a new session, and takes its token. ``isCalled``: by a phone that has one already.
export async function open(path, json, { isCalled = false } = {}) {
  const request = { method: "POST", json: { ...json, refresh_in: "cookie" } };
  const answer = isCalled ? await call(path, { ...request, isOpening: true }) : await alone(() => send(path, request));
  if (answer.ok && answer.data.access_token) {
    token = answer.data.access_token;
    keepLost(false);
    tabs?.postMessage({});
  }
  return answer;
}

// The token of the connection that this phone has, '' where it has none. Throws Lost.
export const ownToken = async () => ((await refresh()) === "ok" ? token : "");

// Ends the connection of a token that this phone had before its present one (RFC 7009). Where the answer is lost, the
// company's admin sees the phone until it has been away for too long, or revokes it.
export const sayGoodbye = (former) => send("/oauth/revoke", { method: "POST", body: new URLSearchParams({ token: former }), base: "" }).catch(() => {});

// A new access token by the cookie: "ok", or why not: "none" (never connected) or a reason. Throws Lost.
export function refresh() {
  renewing ??= renewPatiently().finally(() => (renewing = null));
  return renewing;
}

async function renewPatiently() {
  const outcome = await alone(renew);
  if (outcome !== "invalid") return outcome;
  // Without locks two tabs may have met here: the loser waits for the winner's cookie before it believes anything.
  await new Promise((done) => setTimeout(done, AGAIN_MS));
  return alone(renew);
}

async function renew() {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: CLIENT, ...(hasLost() && { answer: "lost" }) });
  const answer = await send("/oauth/token", { method: "POST", body: form, base: "" });
  if (answer.ok) {
    token = answer.data.access_token;
    keepLost(false);
    return "ok";
  }
  // Only the portal's own word ends a connection, not what a proxy or a hotel's Wi-Fi answers in its place.
  if (answer.status >= 500 || answer.status === 429 || !answer.data.error) throw new Lost();
  if (answer.data.error === "invalid_request") return "none";
  return ENDS.includes(answer.data.reason) ? answer.data.reason : "invalid";
}

async function refreshOrEnd(reason) {
  const outcome = await refresh();
  if (outcome === "ok") return;
  // "expired" of the access token is no end: only the refresh knows whether the connection is.
  const known = [outcome, reason === "expired" ? "" : reason].find((one) => ENDS.includes(one));
  await end(known ?? "invalid");
}

async function end(reason) {
  await finish(reason);
  throw new Ended();
}

// The company ended the connection: this tab and the others are out.
export async function finish(reason) {
  token = "";
  note(`the connection ended: ${reason}`);
  tabs?.postMessage({ ended: reason });
  await onEnd(reason);
}

// A browser without locks, or one that refuses them with all other site data, goes on without.
async function alone(act) {
  let isBegun = false;
  try {
    return await navigator.locks.request(LOCK, () => {
      isBegun = true;
      return act();
    });
  } catch (fault) {
    if (isBegun) throw fault;
    return act();
  }
}

async function send(path, { method = "GET", json, body, type, bearer = "", base = API }) {
  const headers = { Accept: type === "picture" ? "image/*" : "application/json" };
  if (json) headers["Content-Type"] = "application/json";
  else if (body instanceof Blob) headers["Content-Type"] = type || body.type || "image/jpeg";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  let response;
  try {
    const signal = AbortSignal.timeout?.(type === "picture" || body instanceof Blob ? PICTURE_MS : ANSWER_MS);
    response = await fetch(base + path, { method, headers, body: json ? JSON.stringify(json) : body, cache: "no-store", signal });
    const isPicture = response.ok && type === "picture";
    if (response.ok && !isPicture && !/json/.test(response.headers.get("Content-Type") ?? "")) throw new TypeError("not the portal");
    const [blob, data] = isPicture ? [await response.blob(), {}] : [null, await readJson(response)];
    if (!response.ok) note(`${method} ${path.split("?")[0]} answered ${response.status}`);
    const isTokenRefused = response.status === 401 && /invalid_token/.test(response.headers.get("WWW-Authenticate") ?? "");
    return { ok: response.ok, status: response.status, data, blob, isTokenRefused, wait: Number(response.headers.get("Retry-After")) || 0 };
  } catch (fault) {
    note(`${method} ${path.split("?")[0]} got no answer (${fault.name})`);
    throw new Lost();
  }
}

async function readJson(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

// The sentence for an answer that is neither right nor expected.
export function sentenceOf(answer) {
  if (answer.status === 429) return words.wait(answer.wait || 60);
  if (answer.status >= 500) return words.fault;
  return answer.data.detail || words.fault;
}

// The first sentence for each field that was refused: {name: sentence}.
export const errorsOf = (answer) =>
  Object.fromEntries(Object.entries(answer.data.errors ?? {}).map(([name, all]) => [name.split(".").pop(), [all].flat()[0]]));
