import type { Context } from "../core/context.ts";
import { codeOf, InferError } from "../core/error.ts";

/** The operating system's own place for secrets: Keychain, Credential Manager, Secret Service. */
export interface Keychain {
  /** `null` when it has none of that name. */
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}

type World = Pick<Context, "env">;

/** `null` where the user wants none: `INFER_KEYCHAIN=off`. Whether there is one shows when it is asked. */
export function keychainOf({ env }: World): Keychain | null {
  if (env.INFER_KEYCHAIN?.trim().toLowerCase() === "off") return null;
  return {
    get: (name) => inTime(Bun.secrets.get({ service: SERVICE, name })),
    set: (name, value) => inTime(Bun.secrets.set({ service: SERVICE, name, value })),
    delete: async (name) => void (await inTime(Bun.secrets.delete({ service: SERVICE, name }))),
  };
}

/** Whether it is just not there, as on a server: nothing that a user has to be told. */
export function isNoKeychain(thrown: unknown): boolean {
  return codeOf(thrown) === "ERR_SECRETS_PLATFORM_ERROR";
}

/** Whether one is there and answers. Nothing is written, and no name that exists is asked for. */
export async function hasKeychain(keychain: Keychain | null): Promise<boolean> {
  try {
    await keychain?.get("is there anybody");
    return keychain !== null;
  } catch {
    return false;
  }
}

const SERVICE = "infer";
/** A locked keychain asks its user for a password first. */
const PATIENCE_MS = 60_000;

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new InferError("timeout", "The keychain did not answer.")), PATIENCE_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
