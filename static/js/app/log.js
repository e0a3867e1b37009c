// What the app did and what failed, for the person and their admin: paths and statuses, never a secret or a name.
const MOST = 40;
const lines = [];

export function note(text) {
  lines.push(`${new Date().toISOString().slice(0, 19)}Z ${text}`);
  if (lines.length > MOST) lines.shift();
}

export const logged = () => lines.join("\n");
