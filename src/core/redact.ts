/** Shorter strings are words, not keys: blotting them out would only garble messages. */
const SHORTEST_SECRET = 4;

/** Less of a key's beginning tells nothing: vendors start theirs with a few known characters. */
const SHORTEST_PART = 8;

/** What a text ends in where it was cut short. */
const CUT = "…";

/**
 * Takes every known secret out of a text: as it is, as a vendor may have written it (percent-encoded, in JSON, in HTML, in
 * base64), and the beginning of one where the text was cut.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  const longestFirst = [...secrets].filter((secret) => secret.length >= SHORTEST_SECRET).sort(byLength);
  for (const secret of longestFirst) {
    for (const form of formsOf(secret)) clean = withoutCut(clean.replaceAll(form, REDACTED), form);
  }
  return clean;
}

const REDACTED = "[redacted]";

function formsOf(secret: string): Set<string> {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const html = Bun.escapeHTML(secret);
  const mustache = html.replaceAll("/", "&#x2F;").replaceAll("=", "&#x3D;");
  const base64 = Buffer.from(secret).toString("base64");
  const json = JSON.stringify(secret).slice(1, -1);
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return new Set([
    secret,
    encoded,
    lower,
    json,
    json.replaceAll("/", "\\/"),
    html,
    mustache,
    base64,
    base64.replace(/=+$/, ""),
  ]);
}

/** At the end of the text, or before the mark of a cut, even a part of a secret is too much. */
function withoutCut(text: string, form: string): string {
  for (let length = form.length - 1; length >= SHORTEST_PART; length--) {
    const part = form.slice(0, length);
    if (text.endsWith(part)) return text.slice(0, -length) + REDACTED;
    if (text.includes(part + CUT)) return text.replaceAll(part + CUT, REDACTED + CUT);
  }
  return text;
}

/** A user name and a password in a URL are a credential. */
export function rememberUserInfo(context: { secrets: Set<string> }, address: string): void {
  const { username, password } = URL.parse(address) ?? {};
  for (const part of [username, password]) {
    if (!part) continue;
    context.secrets.add(part);
    context.secrets.add(decoded(part));
  }
}

/** As it is where a `%` in it stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}
