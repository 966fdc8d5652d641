import { stat, unlink, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { junitXml } from "../capabilities/smoke/junit.ts";
import { planSmoke, type SmokeTarget } from "../capabilities/smoke/plan.ts";
import { runSmoke, type SmokeResult } from "../capabilities/smoke.ts";
import { loadConfig } from "../config/file.ts";
import { linkTarget } from "../config/link-target.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { EXIT_CODES, InferError, messageOf, toInferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { oneLine } from "../core/terminal-text.ts";
import { Keyring } from "../engine/keyring.ts";
import { saveMedia } from "../media/file.ts";
import { StatusLine } from "../output/progress.ts";
import { paintFor } from "./verdict.ts";
import { tellWarnings } from "./warnings.ts";

/** `infer smoke` */
export async function smoke(context: Context, input: Input<"smoke">): Promise<Result> {
  const junit = input.junit === undefined ? undefined : await reportPath(context, input.junit);
  const keyring = new Keyring(context, await loadConfig(context));
  const targets = await planSmoke(keyring, { providers: input.provider, capabilities: input.capability });
  const progress = new Progress(context, targets.length);
  const results = await runSmoke(context, targets, () => progress.step());
  progress.end();
  await tellWarnings(context);
  const interruption = context.signal.aborted ? toInferError(context.signal.reason) : null;
  const unwritten = junit === undefined ? null : await writeReport(context, junit, { results, targets, interruption });
  const count = (outcome: SmokeResult["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  const failed = count("failed");
  const exitCode = interruption?.exitCode ?? unwritten?.exitCode ?? (failed > 0 ? EXIT_CODES.partial : 0);
  const ending = interruption ?? unwritten;
  const skipped = count("skipped");
  const value = {
    ok: exitCode === 0,
    total: targets.length,
    passed: count("success"),
    failed,
    ...(skipped > 0 && { skipped }),
    ...(ending && { error: { type: ending.type, message: ending.message } }),
    results,
  };
  const sum = [`${value.passed} of ${value.total} passed`, failed > 0 && `${failed} failed`];
  const rest = [skipped > 0 && `${skipped} skipped`, interruption?.message.replace(/\.$/, "")];
  const summary = [...sum, ...rest].filter(Boolean).join(", ");
  return { kind: "inventory", value, text: [...lines(context, results), summary].join("\n"), exitCode };
}

const SIGNS = {
  success: ["✓", "pass", "green"],
  failed: ["✗", "FAIL", "red"],
  skipped: ["-", "skip", "yellow"],
} as const;

/** Signs are for a person at a terminal; in a file or a log, words can be searched for. */
function lines(context: Context, results: readonly SmokeResult[]): string[] {
  const paint = paintFor(context);
  const onTerminal = context.stdio.outIsTerminal();
  const widest = Math.max(0, ...results.map(({ capability }) => capability.length));
  return results.flatMap(({ provider, model, capability, outcome, latencyMs, error }) => {
    const [sign, word, colour] = SIGNS[outcome];
    const who = oneLine(model === null ? provider : `${provider}/${model}`);
    const mark = paint(colour, onTerminal ? sign : word);
    const line = `${mark}  ${capability.padEnd(widest)}  ${who}  ${latencyMs} ms`;
    if (!error) return [line];
    const why = [`${error.type}: ${error.message}`, ...(error.hint === undefined ? [] : [error.hint])];
    return [line, ...why.map((text) => `      ${oneLine(text)}`)];
  });
}

/** How far it is. */
class Progress {
  #done = 0;
  readonly #line: StatusLine;

  constructor(
    context: Context,
    private readonly total: number,
  ) {
    this.#line = new StatusLine(context);
    this.#show();
  }

  step(): void {
    this.#done++;
    this.#show();
  }

  end(): void {
    this.#line[Symbol.dispose]();
  }

  #show(): void {
    this.#line.show(`${this.#done} of ${this.total} done`);
  }
}

/** stdout by the names that systems have for it. */
const STDOUT = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** Where the report goes. What cannot be written is said before anything has been spent: a file is really made there. */
async function reportPath({ cwd, options }: Context, named: string): Promise<string> {
  const path = resolve(cwd, named);
  if (named === "-" || (options.json && STDOUT.includes(path))) {
    throw new InferError("usage", "--junit takes a file: stdout is for the results.");
  }
  const found = await stat(path).catch(() => null);
  if (/[/\\]$/.test(named) || found?.isDirectory()) throw new InferError("io", `${path} is a folder, not a file.`);
  // A device or a pipe takes what it is given; nothing is made beside it.
  if (found && !found.isFile()) return path;
  const folder = dirname(await linkTarget(path));
  const isThere = (await stat(folder).catch(() => null))?.isDirectory() ?? false;
  if (!isThere) throw new InferError("io", `${path} cannot be written: there is no folder ${folder}.`);
  const trial = join(folder, `.${Bun.randomUUIDv7().slice(-12)}.part`);
  try {
    // A full disk makes the file and takes nothing into it.
    await writeFile(trial, "<testsuites/>\n", { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    // Without the second half of Node's message, which names the file of this try.
    throw new InferError("io", `${path} cannot be written: ${messageOf(thrown).split(", ")[0]}`, { cause: thrown });
  } finally {
    await unlink(trial).catch(() => undefined);
  }
  return path;
}

interface Ran {
  results: readonly SmokeResult[];
  targets: readonly SmokeTarget[];
  interruption: InferError | null;
}

/** Never fails: the results are worth more than the report. What went wrong is said, and handed back. */
async function writeReport(
  context: Context,
  path: string,
  { results, targets, interruption }: Ran,
): Promise<InferError | null> {
  const all = interruption ? [...results, ...notMade(targets, results, interruption)] : results;
  const xml = junitXml(all, context.startedAt, context.now() - context.startedAt, interruption?.message);
  // Whatever the file is called, it keeps its name.
  const file = {
    bytes: new TextEncoder().encode(xml),
    mimeType: "application/xml",
    extension: extname(path).slice(1).toLowerCase(),
  };
  try {
    await saveMedia(context, file, { output: path, family: "smoke", subject: "smoke" });
    return null;
  } catch (thrown) {
    const error = toInferError(thrown);
    const { sayFailure } = await import("../output/stderr.ts");
    sayFailure(context, error);
    return error;
  }
}

/** The requests that the end of the run has kept from being made, or from being answered. */
function notMade(
  targets: readonly SmokeTarget[],
  results: readonly SmokeResult[],
  { type, message }: InferError,
): SmokeResult[] {
  const nameOf = (one: Pick<SmokeResult, "provider" | "model" | "capability">): string =>
    JSON.stringify([one.provider, one.model, one.capability]);
  const made = new Set(results.map(nameOf));
  return targets.flatMap(({ request: { capability }, candidate: { provider, model } }) => {
    const identity = { provider: provider.id, model, capability };
    if (made.has(nameOf(identity))) return [];
    return [{ ...identity, outcome: "skipped" as const, latencyMs: 0, error: { type, message }, attempts: [] }];
  });
}
