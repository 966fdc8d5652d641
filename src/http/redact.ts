/** Shorter strings are words, not keys: blotting them out would only garble messages. */
const SHORTEST_SECRET = 4;

/** Takes every known secret out of a text, also where it was percent-encoded into a URL. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  const longestFirst = [...secrets].filter((secret) => secret.length >= SHORTEST_SECRET).sort(byLength);
  for (const secret of longestFirst) {
    for (const form of new Set([
      secret,
      encodeURIComponent(secret.toWellFormed()),
      JSON.stringify(secret).slice(1, -1),
    ])) {
      clean = clean.replaceAll(form, "[redacted]");
    }
  }
  return clean;
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}

/** A user name and a password in a URL are a credential. */
export function rememberUserInfo(context: { secrets: Set<string> }, address: string): void {
  const { username, password } = URL.parse(address) ?? {};
  for (const part of [username, password]) {
    if (!part) continue;
    context.secrets.add(part);
    context.secrets.add(decodeURIComponent(part));
  }
}
