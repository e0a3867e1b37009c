// What a QR code's text means: a way to connect (ours or of another installation), a sticker, or nothing of ours.
const TYPED = "BCDFGHJKLMNPQRSTVWXZ";
const KINDS = ["pair", "join", "code", "fleet"];
export const VERSION = "1";

// {kind: "connect" | "foreign" | "newer" | "sticker" | "unknown", …}
export function read(text) {
  const address = parse(text.trim());
  if (!address || !["http:", "https:"].includes(address.protocol)) return { kind: "unknown" };
  if (/^\/q\/[^/]+$/i.test(address.pathname)) return { kind: "sticker", text };
  if (address.pathname.replace(/\/$/, "") !== "/app" || !address.hash.includes("k=")) return { kind: "unknown" };
  if (address.origin !== location.origin) return { kind: "foreign", host: named(address), address: address.href };
  return readFragment(address.hash);
}

// The fragment of a scanned link. Where its API stands elsewhere, it is not for this app, whatever opened it.
export function readFragment(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [kind, secret] = [fields.get("k") ?? "", fields.get("t") ?? ""];
  if (!secret) return { kind: "unknown" };
  const api = parse(fields.get("a") ?? "");
  if (!api || !["http:", "https:"].includes(api.protocol)) return { kind: "unknown" };
  if (api.origin !== location.origin) return { kind: "foreign", host: named(api), address: `${api.origin}/app#${fields}` };
  if (fields.get("v") !== VERSION || !KINDS.includes(kind)) return { kind: "newer" };
  return {
    kind: "connect",
    way: kind,
    secret,
    isTyped: kind === "code",
    company: fields.get("n") ?? "",
    logo: ownAddress(fields.get("l")),
    accountId: fields.get("c") ?? "",
    username: fields.get("u") ?? "",
  };
}

// A typed code as it is compared: upper case, no spaces or hyphens. ``foreign``: letters that no code has.
export function readTyped(text) {
  const code = text.toUpperCase().replace(/[\s\-‐-―]/g, "");
  const foreign = [...new Set([...code].filter((letter) => !TYPED.includes(letter)))].join(" ");
  return { code, foreign };
}

export const isPayload = (hash) => hash.length > 1 && !hash.startsWith("#/") && new URLSearchParams(hash.slice(1)).has("t");

// Our own logo's address, '' for any other: a link must not make the app ask for something else.
function ownAddress(text) {
  const address = parse(text ?? "");
  return address?.origin === location.origin && address.pathname.startsWith("/app/logo/") ? address.href : "";
}

// What tells a foreign address from ours: its host, or all of it where only http and https differ.
const named = (address) => (address.host === location.host ? address.origin : address.host);

function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
