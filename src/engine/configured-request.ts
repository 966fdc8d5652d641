import { invalidConfig } from "../config/document.ts";
import { unsetVariable } from "../config/variables.ts";
import type { InferError } from "../core/error.ts";
import { rememberUserInfo } from "../core/redact.ts";
import { type Transport, webUrl } from "../http/client.ts";
import type { KnownProvider } from "./directory.ts";
import type { Keyring } from "./keyring.ts";

/**
 * The config's own headers, or why one of them cannot be had. `secrets` are the values to keep out of print: by the
 * header's name, or because the config keeps them somewhere else.
 */
export async function headersOf(
  keyring: Keyring,
  provider: KnownProvider,
): Promise<{ headers: Record<string, string>; secrets: string[] } | { missing: string }> {
  const headers: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, { env, prefix = "" }] of Object.entries(provider.headersFromEnv ?? {})) {
    const text = keyring.loaded.env[env]?.trim();
    if (!text) continue;
    if (UNSENDABLE.test(text)) return { missing: `${env} cannot be sent as a header.` };
    headers[name] = prefix + text;
    secrets.push(text);
  }
  for (const [name, { value, place }] of Object.entries(provider.customHeaders ?? {})) {
    const secret = await keyring.read(value, place);
    if ("missing" in secret) return secret;
    if (!HEADER_NAME.test(name) || UNSENDABLE.test(secret.text))
      return { missing: `${place} cannot be sent as a header.` };
    headers[name.toLowerCase()] = secret.text;
    const isBrought =
      secret.source !== place || [...keyring.loaded.interpolated].some((part) => secret.text.includes(part));
    // `Bearer abc` is said as `abc`, too.
    if (isBrought || SECRET_HEADER.test(name)) secrets.push(secret.text, secret.text.replace(/^\w+ /, ""));
  }
  return { headers, secrets };
}

/** The config's own proxy and certificates, or why one of them cannot be had, or what is wrong with it. */
export async function transportOf(
  keyring: Keyring,
  { request, configPath }: KnownProvider,
): Promise<{ transport?: Transport } | { missing: string } | { problem: InferError }> {
  if (!request) return {};
  const { proxy, tls } = request;
  const transport: Transport = {};
  if (proxy?.mode === "explicit-proxy") {
    const place = `${configPath}.request.proxy`;
    const unset = unsetVariable(keyring.loaded, proxy.url);
    if (unset) return { missing: `${place}.url names the variable ${unset}, which is not set.` };
    if (proxy.tls) return { missing: `${place}.tls is not supported: put the proxy's CA into NODE_EXTRA_CA_CERTS.` };
    // Not quoted: a name and a password may stand in it.
    if (!webUrl(proxy.url)) return wrong(keyring, `${place}.url`, "expected an http(s) URL");
    transport.proxy = proxy.url;
    rememberUserInfo(keyring.context, proxy.url);
  }
  if (tls) {
    const { serverName, insecureSkipVerify } = tls;
    transport.tls = {
      ...(serverName !== undefined && { serverName }),
      ...(insecureSkipVerify && { rejectUnauthorized: false }),
    };
    for (const name of ["ca", "cert", "key", "passphrase"] as const) {
      const value = tls[name];
      if (value === undefined) continue;
      const place = `${configPath}.request.tls.${name}`;
      const secret = await keyring.read(value, place);
      if ("missing" in secret) return secret;
      const problem = name === "passphrase" ? undefined : await pemProblem(secret.text, name);
      if (problem) return wrong(keyring, place, problem);
      transport.tls[name] = secret.text;
      if (name === "passphrase" || name === "key") keyring.context.secrets.add(secret.text);
    }
  }
  return { transport };
}

function wrong(keyring: Keyring, place: string, problem: string): { problem: InferError } {
  return { problem: invalidConfig(keyring.loaded.path ?? "", `${place}: ${problem}.`) };
}

/** Why a text is not what TLS takes; Bun would only say that it could not connect. */
async function pemProblem(text: string, kind: "ca" | "cert" | "key"): Promise<string | undefined> {
  const what = kind === "key" ? "a private key" : "a certificate";
  const blocks = text.match(kind === "key" ? PEM_KEY : PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) return `expected ${what} in PEM, which begins with -----BEGIN`;
  if (kind === "key") return undefined;
  const { X509Certificate } = await import("node:crypto");
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return `${what} in PEM, and it cannot be read`;
  }
}

const PEM_CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]+?-----END \1-----/g;
const PEM_KEY = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[\s\S]+?-----END \1-----/g;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const UNSENDABLE = /[^\t\x20-\x7e]/;
const SECRET_HEADER = /auth|key|token|secret|cookie|pass|credential/i;
