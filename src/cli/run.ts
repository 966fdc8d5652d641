import { CAPABILITIES } from "../core/capability.ts";
import type { Context, GlobalOptions } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { VERSION } from "../version.ts";
import { hasSwitch, type Invocation, namedCapability, parseArgv } from "./argv.ts";

/** What argv says about the run as a whole, readable however wrong the rest of argv is. */
export function earlyOptions(argv: readonly string[]): GlobalOptions {
  return globalOptions({ json: hasSwitch(argv, "json"), noColor: hasSwitch(argv, "no-color") });
}

/** Runs one command line and hands back what is to be printed. */
export async function runCli(argv: readonly string[], context: Context): Promise<Result> {
  context.report.capability = capabilityOf(namedCapability(argv));
  for (const key of keysIn(argv)) context.secrets.add(key);
  const invocation = parseArgv(argv);
  switch (invocation.kind) {
    case "version":
      return {
        kind: "inventory",
        value: VERSION,
        text: `infer ${VERSION.version} (${VERSION.commit}, ${VERSION.target})`,
      };
    case "help":
      return helpResult(await help(invocation.path, context, context.stdio.outIsTerminal()));
    case "no-command":
      throw await noCommand(invocation, context);
    case "run": {
      const { runVerb } = await import("./verb.ts");
      return runVerb(invocation.row, invocation.values, context);
    }
  }
}

/** What begins as vendors' keys do. One that is typed in the wrong place must not be quoted by the message about it. */
const KEY_LIKE =
  /(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|xai|hf|r8|ghp|gho|ghu|github_pat|nvapi|tvly|pplx|csk|fw|tgp)[-_]|AIza|AKIA)[A-Za-z0-9_-]{12,}/g;

function keysIn(argv: readonly string[]): string[] {
  return argv.flatMap((token) => token.match(KEY_LIKE) ?? []);
}

/** The flags of every command, out of a verb's input or of what is known of one. */
export function globalOptions(input: Partial<GlobalOptions>): GlobalOptions {
  const { json = false, quiet = false, verbose = false, noColor = false, config, agent, timeoutMs } = input;
  return { json, quiet, verbose, noColor, config, agent, timeoutMs };
}

/** A group without a verb shows its help, on stderr, and is a usage error. */
async function noCommand({ path }: Invocation & { kind: "no-command" }, context: Context): Promise<InferError> {
  if (!context.options.json) context.stdio.writeErr(`${await help(path, context, context.stdio.errIsTerminal())}\n\n`);
  return new InferError("usage", `${["infer", ...path].join(" ")} needs a command.`, {
    // On a terminal the help is there already.
    hint: context.options.json ? `See ${["infer", ...path, "--help"].join(" ")}` : undefined,
  });
}

async function help(path: readonly string[], context: Context, onTerminal: boolean): Promise<string> {
  const { helpText } = await import("./help.ts");
  const colour = onTerminal && !context.options.noColor && !context.env.NO_COLOR && context.env.TERM !== "dumb";
  return helpText(path, colour);
}

function helpResult(text: string): Result {
  return { kind: "inventory", value: { help: text }, text };
}

function capabilityOf(id: string | null): string | null {
  return CAPABILITIES.some((row) => row.id === id) ? id : null;
}
