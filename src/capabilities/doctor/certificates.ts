import { resolve } from "node:path";
import { readIfThere } from "../../config/text-file.ts";
import type { Context } from "../../core/context.ts";
import { messageOf } from "../../core/error.ts";
import { type Check, fail, ok, type Setup, warn } from "./check.ts";

const FILES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

/** Whom infer trusts over TLS. A file that is missing is passed over in silence, and only a failed handshake tells. */
export async function checkCertificates({ context }: Setup): Promise<Check[]> {
  const named = FILES.filter((name) => context.env[name]);
  const files = await Promise.all(named.map((name) => one(context, name, context.env[name] ?? "")));
  const trusting =
    context.env.NODE_TLS_REJECT_UNAUTHORIZED === "0"
      ? [
          warn(
            "certificates.NODE_TLS_REJECT_UNAUTHORIZED",
            "NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked, and anybody on the way can read the keys.",
            "unset NODE_TLS_REJECT_UNAUTHORIZED, and name a private CA in NODE_EXTRA_CA_CERTS",
          ),
        ]
      : [];
  const checks = [...files, ...trusting];
  return checks.length > 0 ? checks : [ok("certificates", "The usual authorities; no file of your own is named.")];
}

async function one(context: Context, name: string, value: string): Promise<Check> {
  const id = `certificates.${name}`;
  const path = resolve(context.cwd, value);
  const fix = `Correct it, or: unset ${name}`;
  try {
    const text = await readIfThere(path);
    if (text === null) return fail(id, `${name} names ${path}, which is not there.`, fix);
    const count = text.split(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/).length - 1;
    if (count === 0) return fail(id, `${name}: ${path} has no certificate in it (PEM).`, fix);
    return ok(id, `${name}: ${path} (${count} certificate${count === 1 ? "" : "s"})`);
  } catch (thrown) {
    return fail(id, `${name}: ${messageOf(thrown)}`, fix);
  }
}
