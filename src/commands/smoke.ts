import { stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { junitXml } from "../capabilities/smoke/junit.ts";
import { planSmoke } from "../capabilities/smoke/plan.ts";
import { runSmoke, type SmokeResult } from "../capabilities/smoke.ts";
import { loadConfig } from "../config/file.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { EXIT_CODES, InferError, toInferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { oneLine } from "../core/terminal-text.ts";
import { Keyring } from "../engine/keyring.ts";
import { saveMedia } from "../media/file.ts";
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
  if (junit !== undefined) await writeReport(context, junit, results);
  const count = (outcome: SmokeResult["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  const failed = count("failed");
  const exitCode = interruption?.exitCode ?? (failed > 0 ? EXIT_CODES.partial : 0);
  const skipped = count("skipped");
  const value = {
    ok: exitCode === 0,
    total: targets.length,
    passed: count("success"),
    failed,
    ...(skipped > 0 && { skipped }),
    ...(interruption && { error: { type: interruption.type, message: interruption.message } }),
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

/** How far it is, on stderr, for a person who waits. */
class Progress {
  #done = 0;
  readonly #isShown: boolean;

  constructor(
    private readonly context: Context,
    private readonly total: number,
  ) {
    const { stdio, options, env } = context;
    this.#isShown = !options.quiet && !options.json && !env.CI && stdio.errIsTerminal();
    this.#show();
  }

  step(): void {
    this.#done++;
    this.#show();
  }

  end(): void {
    if (this.#isShown) this.context.stdio.writeErr("\r\u001b[K");
  }

  #show(): void {
    if (this.#isShown) this.context.stdio.writeErr(`\r${this.#done} of ${this.total} done\u001b[K`);
  }
}

/** Where the report goes. What cannot be written is said before anything has been spent. */
async function reportPath({ cwd }: Context, named: string): Promise<string> {
  if (named === "-") throw new InferError("usage", "--junit takes a file: stdout is for the results.");
  const path = resolve(cwd, named);
  const isFolder = async (place: string): Promise<boolean> =>
    (await stat(place).catch(() => null))?.isDirectory() ?? false;
  if (/[/\\]$/.test(named) || (await isFolder(path))) throw new InferError("io", `${path} is a folder, not a file.`);
  if (!(await isFolder(dirname(path)))) {
    throw new InferError("io", `${path} cannot be written: there is no folder ${dirname(path)}.`);
  }
  return path;
}

async function writeReport(context: Context, path: string, results: readonly SmokeResult[]): Promise<void> {
  const xml = junitXml(results, context.startedAt, context.now() - context.startedAt);
  // Whatever the file is called, it keeps its name.
  const file = {
    bytes: new TextEncoder().encode(xml),
    mimeType: "application/xml",
    extension: extname(path).slice(1).toLowerCase(),
  };
  await saveMedia(context, file, { output: path, family: "smoke", subject: "smoke" });
}
