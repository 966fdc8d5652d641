import { type LoadedConfig, loadConfig, noConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, toInferError } from "../core/error.ts";
import { redact } from "../core/redact.ts";
import { newReport } from "../core/report.ts";
import { knownProviders } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import { configuredProviders } from "./configured.ts";
import { checkBinary } from "./doctor/binary.ts";
import { checkCertificates } from "./doctor/certificates.ts";
import { type Check, type Examiner, fail, type Setup, throwIfInterrupted } from "./doctor/check.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkConfig } from "./doctor/config.ts";
import { checkCredentials } from "./doctor/credentials.ts";
import { checkFolders } from "./doctor/folders.ts";
import { checkGateway } from "./doctor/gateway.ts";
import { checkModels } from "./doctor/models.ts";
import { checkProxy } from "./doctor/proxy.ts";
import { checkServers } from "./doctor/servers.ts";
import { checkStore } from "./doctor/store.ts";

/** In the order of the report; all of them run at the same time. */
const EXAMINERS: Readonly<Record<string, Examiner>> = {
  binary: checkBinary,
  config: checkConfig,
  credentials: checkCredentials,
  models: checkModels,
  store: checkStore,
  proxy: checkProxy,
  certificates: checkCertificates,
  clock: checkClock,
  folders: checkFolders,
  servers: checkServers,
  gateway: checkGateway,
};

/** Longest time for what should take none: a config on a dead network drive, a program that hands out a secret. */
const LONGEST_MS = 10_000;

/** `infer doctor`: looks at everything that infer stands on. */
export async function examine(context: Context): Promise<Check[]> {
  const setup = await lookAt(context);
  const examiners = Object.entries(EXAMINERS);
  const checks = await Promise.all(
    examiners.map(([id, examiner]) =>
      inTime(context, `The check ${id}`, () => examiner(setup)).catch((thrown) => {
        throwIfInterrupted(thrown);
        return [fail(id, `This could not be checked: ${toInferError(thrown).message}`)];
      }),
    ),
  );
  const clean = (text: string): string => redact(text, context.secrets);
  return checks.flat().map(({ id, status, message, fix }) => ({
    id,
    status,
    message: clean(message),
    ...(fix !== undefined && { fix: clean(fix) }),
  }));
}

async function lookAt(outer: Context): Promise<Setup> {
  // A report of its own: what is said while credentials are read becomes a check.
  const context: Context = { ...outer, report: newReport() };
  const { loaded, configProblem } = await config(context);
  const keyring = new Keyring(context, loaded);
  const providers = knownProviders(loaded);
  const configured = configuredProviders(keyring, providers);
  return { context, loaded, configProblem, keyring, providers, configured };
}

async function config(context: Context): Promise<{ loaded: LoadedConfig; configProblem: InferError | null }> {
  try {
    // Half of the time: a config that cannot be had must leave the checks theirs.
    const ms = Math.min(LONGEST_MS, (context.endsAt - context.now()) / 2);
    const half: Context = { ...context, endsAt: context.now() + ms };
    const loaded = await inTime(half, "The config", () => loadConfig(half));
    return { loaded, configProblem: null };
  } catch (thrown) {
    throwIfInterrupted(thrown);
    if (!(thrown instanceof InferError)) throw thrown;
    const { env } = context;
    context.applyProxy(env);
    return { loaded: noConfig(env), configProblem: thrown };
  }
}

/** Gives up on what takes too long, and at once on Ctrl-C. */
async function inTime<T>(context: Context, what: string, work: () => Promise<T>): Promise<T> {
  const ms = Math.max(0, Math.min(LONGEST_MS, context.endsAt - context.now()));
  using limit = deadline(context, context.now() + ms, () => `${what} took longer than ${Math.round(ms)} ms.`, null);
  const { promise: late, reject } = Promise.withResolvers<never>();
  limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
  if (limit.signal.aborted) reject(limit.signal.reason);
  return await Promise.race([work(), late]);
}
