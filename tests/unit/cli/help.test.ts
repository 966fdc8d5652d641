import { describe, expect, test } from "bun:test";
import { parseArgv } from "../../../src/cli/argv.ts";
import { helpText } from "../../../src/cli/help.ts";
import { earlyOptions, runCli } from "../../../src/cli/run.ts";
import { HANDLERS } from "../../../src/commands/index.ts";
import { CAPABILITIES, flagsOf, type Row, TOOLS } from "../../../src/core/capability.ts";
import { toInferError } from "../../../src/core/error.ts";
import { type FakeWorld, fakeContext } from "../../support/context.ts";

const ESCAPE = "\u001b";
const BUILT = ([...CAPABILITIES, ...TOOLS] as readonly Row[]).filter(({ id }) => Object.hasOwn(HANDLERS, id));
const LEAVES = BUILT.map(({ id }) => id.split("."));
const GROUPS = [
  ...new Set(LEAVES.flatMap((path) => path.slice(0, -1).map((_, at) => path.slice(0, at + 1).join(" ")))),
];
const LEVELS = [[], ...GROUPS.map((words) => words.split(" ")), ...LEAVES];

/** The words of an example as a shell would hand them over. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

/** The example that a help text gives, without `infer`. */
function exampleIn(help: string): string {
  const [, example] = /Example\n {2}infer (.+)/.exec(help) ?? [];
  if (example === undefined) throw new Error(`no example in: ${help}`);
  return example;
}

/** What is printed for a line, with fd 1 and fd 2 being terminals or not. */
async function printed(argv: string[], terminals: { out: boolean; err: boolean }, world: FakeWorld = {}) {
  const context = fakeContext({ ...world, options: earlyOptions(argv) });
  context.stdio.outIsTerminal = () => terminals.out;
  context.stdio.errIsTerminal = () => terminals.err;
  try {
    const result = await runCli(argv, context);
    return { out: result.kind === "inventory" ? result.text : "", err: context.err() };
  } catch (thrown) {
    expect(toInferError(thrown).type).toBe("usage");
    return { out: "", err: context.err() };
  }
}

describe.each(LEVELS.map((path) => [path.join(" ") || "infer", path] as const))("help for %s", (_, path) => {
  const help = helpText(path, false);

  test("fits into 80 columns and is clean at its ends", () => {
    const tooLong = help.split("\n").filter((line) => [...line].length > 80);
    expect(tooLong).toEqual([]);
    expect(help).toBe(help.trim());
    expect(help.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
    expect(help).not.toContain("undefined");
  });

  test("has no escape codes when plain, and differs by them alone when not", () => {
    expect(help).not.toContain(ESCAPE);
    const coloured = helpText(path, true);
    expect(coloured).toContain(ESCAPE);
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(help);
  });

  test("shows how to use it, and an example that runs", () => {
    expect(help).toContain(`Usage\n  ${["infer", ...path].join(" ")} `);
    const invocation = parseArgv(words(exampleIn(help)));
    expect(invocation.kind).toBe("run");
    if (invocation.kind === "run") expect(invocation.row.id.split(".").slice(0, path.length)).toEqual(path);
  });
});

describe("the table's examples", () => {
  test.each(BUILT.map((row) => [row.id, row] as const))("%s: parses as that very verb", (id, row) => {
    const invocation = parseArgv(words(row.example));
    expect(invocation.kind).toBe("run");
    if (invocation.kind === "run") expect(invocation.row.id).toBe(id);
  });

  test.each((CAPABILITIES as readonly Row[]).map((row) => [row.id, row] as const))(
    "%s: starts with the verb, uses flags that it has, and gives the required ones",
    (id, row) => {
      const [path, rest] = [id.split("."), words(row.example)];
      expect(rest.slice(0, path.length)).toEqual(path);
      const used = rest.filter((word) => word.startsWith("--"));
      const names = flagsOf(row).map(({ name }) => `--${name}`);
      for (const flag of used) expect(names).toContain(flag);
      for (const flag of row.flags) if (flag.required) expect(used).toContain(`--${flag.name}`);
    },
  );
});

describe("what help tells", () => {
  test.each(BUILT.map((row) => [row.id, row] as const))(
    "%s: every flag, its values, and what is required",
    (_, row) => {
      const help = helpText(row.id.split("."), false);
      const flat = help.replaceAll(/\s+/g, " ");
      expect(help).toContain(row.description);
      for (const flag of flagsOf(row).filter(({ name }) => name !== "gateway")) {
        expect(flat).toContain(flag.kind === "switch" ? ` --${flag.name} ` : ` --${flag.name} ${flag.value} `);
        expect(flat).toContain(flag.summary);
        if (flag.kind === "choice") for (const choice of flag.choices) expect(flat).toContain(choice);
      }
      const required = row.flags.filter((flag) => flag.required).length;
      expect(help.match(/\(required\)/g)?.length ?? 0).toBe(required);
    },
  );

  test("no verb offers the Gateway, which this build refuses", () => {
    for (const { id } of BUILT) expect(helpText(id.split("."), false)).not.toContain("--gateway");
  });

  test("root names every verb that is built, with its description, and no other", () => {
    const flat = helpText([], false).replaceAll(/\s+/g, " ");
    for (const row of CAPABILITIES as readonly Row[]) {
      const line = ` ${row.id.replaceAll(".", " ")} ${row.description}`;
      if (BUILT.includes(row)) expect(flat).toContain(line);
      else expect(flat).not.toContain(line);
    }
    for (const { id } of TOOLS) expect(flat).toContain(` ${id} `);
  });

  test("root", () => {
    expect(helpText([], false)).toMatchInlineSnapshot(`
      "infer: inference from the command line, on your own provider keys or none.

      Usage
        infer <command> [flags]

      Text inference and model catalog commands
        model run          Run a one-shot inference turn through the selected model
                           provider.
        model list         List known models from the model catalog.
        model inspect      Inspect one model catalog entry.
        model providers    List model providers discovered from the catalog.
        model auth login   Run the existing provider auth login flow.
        model auth logout  Remove saved auth profiles for one provider.
        model auth status  Show configured model auth state.

      Image generation and description
        image generate       Generate raster images with configured image providers.
        image edit           Generate edited images from one or more input files.
        image describe       Describe one image file through media-understanding
                             providers.
        image describe-many  Describe multiple image files independently.
        image providers      List image generation providers.

      Audio transcription
        audio transcribe  Transcribe one audio file.
        audio providers   List audio transcription providers.

      Text to speech
        tts convert       Convert text to speech.
        tts voices        List voices for a speech provider.
        tts providers     List speech providers.
        tts personas      List TTS personas.
        tts enable        Enable TTS in prefs.
        tts disable       Disable TTS in prefs.
        tts set-provider  Set the active TTS provider.
        tts set-persona   Set the active TTS persona.

      Embedding providers
        embedding create  Create embeddings through embedding providers.

      About infer itself
        list     List canonical capability ids and supported transports
        inspect  Inspect one canonical capability id
        doctor   Check config, credentials, network and this machine
        smoke    Make the smallest real request to every configured provider

      Flags of every command
        --json             Print exactly one JSON document
        --timeout-ms <ms>  Deadline for the whole command, answer included
        --quiet            No progress and no warnings on stderr
        --verbose          Say on stderr which backend was chosen, and how long it
                           took
        --config <path>    Config file to use (infer doctor names the one in force)
        --agent <id>       Agent whose settings and credentials apply
        --no-color         No colour
        --help             Show help

      Example
        infer model run --prompt "Say hello" --model openai/gpt-5.5

      infer <command> --help tells more about a command.

      Exit codes
        0 the answer is there, 1 provider_error, 2 usage, 3 auth, 4 not_found,
        5 rate_limited, 6 network, 7 timeout, 8 refused, 9 empty_result, 10 partial,
        11 io, 70 internal, 130 interrupted, 143 interrupted by SIGTERM"
    `);
  });

  test("model run", () => {
    expect(helpText(["model", "run"], false)).toMatchInlineSnapshot(`
      "Run a one-shot inference turn through the selected model provider.

      Usage
        infer model run [flags]

      Flags
        --prompt <text>              What to ask; - reads stdin (required)
        --file <path|url|->          Image to send along (repeatable)
        --system <text>              System instruction
        --provider <id>              Provider to use
        --model <provider/model>     Model to use
        --fallback <provider/model>  Next model to try when the one before fails
                                     (repeatable)
        --thinking <level>           How hard to think: off, minimal, low, medium,
                                     high, xhigh, adaptive, max, ultra
        --max-tokens <n>             Longest answer, in tokens
        --temperature <n>            Randomness, 0 to 2
        --allow-private-network      Let --file URLs point to private addresses
        --local                      Run here (default)

      Flags of every command
        --json             Print exactly one JSON document
        --timeout-ms <ms>  Deadline for the whole command, answer included
        --quiet            No progress and no warnings on stderr
        --verbose          Say on stderr which backend was chosen, and how long it
                           took
        --config <path>    Config file to use (infer doctor names the one in force)
        --agent <id>       Agent whose settings and credentials apply
        --no-color         No colour
        --help             Show help

      Example
        infer model run --prompt "Say hello" --model openai/gpt-5.5"
    `);
  });
});

describe("colour", () => {
  const both = { out: true, err: true };

  test("is used on a terminal", async () => {
    expect((await printed(["--help"], both)).out).toContain(ESCAPE);
  });

  test.each([
    ["stdout is no terminal", ["--help"], { out: false, err: true }, {}],
    ["NO_COLOR is set", ["--help"], both, { NO_COLOR: "1" }],
    ["--no-color is given", ["--no-color", "--help"], both, {}],
    ["--no-color is given after the verb", ["model", "run", "--help", "--no-color"], both, {}],
  ] as const)("is left out when %s", async (_, argv, terminals, env) => {
    const { out } = await printed([...argv], terminals, { env });
    expect(out).toContain("Usage");
    expect(out).not.toContain(ESCAPE);
  });

  test("of help on stderr goes by stderr, whatever stdout is", async () => {
    const { err } = await printed(["model"], { out: true, err: false });
    expect(err).toContain("Usage");
    expect(err).not.toContain(ESCAPE);
  });

  test("of help on stderr is left out with --no-color", async () => {
    const { err } = await printed(["model", "--no-color"], both);
    expect(err).toContain("Usage");
    expect(err).not.toContain(ESCAPE);
  });
});
