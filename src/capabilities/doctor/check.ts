import type { LoadedConfig } from "../../config/file.ts";
import type { Context } from "../../core/context.ts";
import { type Deadline, deadline } from "../../core/deadline.ts";
import { InferError } from "../../core/error.ts";
import type { KnownProvider } from "../../engine/directory.ts";
import type { Keyring } from "../../engine/keyring.ts";
import type { Configured } from "../configured.ts";

/** One line of the doctor's report. */
export interface Check {
  /** `proxy`, `credentials.openai`: the same thing has the same id in every run. */
  id: string;
  /** `fail`: something that infer does will not work. `warn`: it may surprise. */
  status: "ok" | "warn" | "fail";
  message: string;
  /** What to do about it. */
  fix?: string;
}

/** What the checks look at. */
export interface Setup {
  context: Context;
  /** An empty one when the config is broken: the other checks go on. */
  loaded: LoadedConfig;
  /** Why the config could not be loaded. */
  configProblem: InferError | null;
  keyring: Keyring;
  providers: readonly KnownProvider[];
  /** Looked up once: a credential may come from a program. */
  configured: Promise<readonly Configured[]>;
}

/** Looks at one thing. What it throws is a failed check of its own. */
export type Examiner = (setup: Setup) => Promise<Check[]>;

export function ok(id: string, message: string): Check {
  return { id, status: "ok", message };
}

export function warn(id: string, message: string, fix?: string): Check {
  return { id, status: "warn", message, ...(fix !== undefined && { fix }) };
}

export function fail(id: string, message: string, fix?: string): Check {
  return { id, status: "fail", message, ...(fix !== undefined && { fix }) };
}

/** How long a check may wait for somebody else. */
export const PATIENCE_MS = 2500;

/** What a check may have of the time that is left: the rest is for telling what came of it. */
const SHARE = 0.8;

/** That time, or less before the deadline of the whole run. `what` begins the message: "The proxy p:3128". */
export function patience(context: Context, what: string): Deadline {
  const ms = Math.max(0, Math.min(PATIENCE_MS, SHARE * (context.endsAt - context.now())));
  const isBounded = ms === PATIENCE_MS;
  const message = (): string => `${what} did not answer within ${Math.round(ms)} ms.`;
  return isBounded
    ? deadline(context, context.now() + ms, message, null)
    : deadline(context, context.now() + ms, message);
}

/** A failed check must not hide that the user has ended the run. */
export function throwIfInterrupted(thrown: unknown): void {
  if (thrown instanceof InferError && thrown.type === "interrupted") throw thrown;
}

/** A path as a shell takes it, for a fix that can be pasted. */
export function shellPath(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
