import { describe, expect, test } from "bun:test";
import { hasSwitch, namedCapability, parseArgv } from "../../../src/cli/argv.ts";
import { InferError } from "../../../src/core/error.ts";
import { runInProcess } from "../../support/context.ts";

/** The verb and the values of a line that has to be one that runs. */
function run(...argv: string[]): { id: string; values: Record<string, string[]> } {
  const invocation = parseArgv(argv);
  if (invocation.kind !== "run") throw new Error(`${argv.join(" ")} is ${invocation.kind}`);
  return { id: invocation.row.id, values: Object.fromEntries(invocation.values) };
}

/** Message and hint of the usage error that a line has to be. */
function usageError(...argv: string[]): string {
  try {
    parseArgv(argv);
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    expect({ type: thrown.type, exitCode: thrown.exitCode }).toEqual({ type: "usage", exitCode: 2 });
    return `${thrown.message} ${thrown.details.hint ?? ""}`;
  }
  throw new Error(`${argv.join(" ")} was accepted`);
}

describe("what a new user types gets a way out", () => {
  test.each([
    [["run", "--prompt", "x"], /Did you mean model run\?/],
    [["version"], /Did you mean --version\?/],
    [["--versoin"], /Did you mean --version\?/],
    [["video", "generate"], /See infer list/],
    [["model", "run", "--prompt", "hello", "there"], /put all of that text in quotes/],
    [["model", "run", "hello"], /--prompt "hello"/],
  ])("%j", (argv, hint) => {
    let said: string | undefined;
    try {
      parseArgv(argv);
    } catch (thrown) {
      if (thrown instanceof InferError) said = thrown.details.hint;
    }
    expect(said).toMatch(hint);
  });
});

describe("names before the command", () => {
  test.each([
    [["model", "run"]],
    [["infer", "model", "run"]],
    [["capability", "model", "run"]],
    [["openclaw", "infer", "model", "run"]],
    [["openclaw", "capability", "model", "run"]],
    [["infer", "--json", "model", "run"]],
  ])("%p is model.run", (words) => {
    expect(run(...words, "--prompt", "hi").id).toBe("model.run");
  });

  test("is an alias in front only", () => {
    expect(usageError("model", "infer", "run")).toContain('"infer"');
    expect(usageError("model", "run", "infer")).toContain('"infer"');
  });
});

describe("values", () => {
  test.each([
    ["a word", "hi"],
    ["several words", "say hi to everyone"],
    ["a number below zero", "-5"],
    ["a list item", "- one"],
    ["an unknown flag", "--bogus"],
    ["text that negates a flag", "--no-x"],
    ["a flag inside a sentence", "--json is a flag"],
    ["a flag with its value", "--model=openai/gpt-5.5"],
    ["another verb's flag", "--voice"],
    ["stdin", "-"],
    ["three dashes", "---"],
    ["nothing", ""],
    ["a command", "model"],
    ["several lines", "one\ntwo\r\n"],
    ["an object's own word", "__proto__"],
  ])("%s comes as it was typed, after a space and after =", (_, value) => {
    expect(run("model", "run", "--prompt", value).values).toEqual({ prompt: [value] });
    expect(run("model", "run", `--prompt=${value}`).values).toEqual({ prompt: [value] });
  });

  test("after = starts at the first =", () => {
    expect(run("model", "run", "--prompt=a=b=c").values).toEqual({ prompt: ["a=b=c"] });
  });

  test.each(["--json", "--model", "--prompt", "--help", "--timeout-ms", "--no-color"])(
    "is missing when %s, one of the verb's own flags, comes next",
    (flag) => {
      const said = usageError("model", "run", "--prompt", flag);
      expect(said).toContain("--prompt");
      expect(said).toContain(`--prompt=${flag}`);
      expect(run("model", "run", `--prompt=${flag}`).values).toEqual({ prompt: [flag] });
    },
  );

  test("is missing at the end of the line", () => {
    expect(usageError("model", "run", "--prompt")).toContain("--prompt needs a value");
    expect(usageError("--config")).toContain("--config needs a value");
  });

  test("of a repeatable flag are all kept, in order, in both forms", () => {
    expect(run("embedding", "create", "--text", "b", "--text=a", "--json", "--text", "b").values.text).toEqual([
      "b",
      "a",
      "b",
    ]);
    const { values } = run("model", "run", "--file", "2.png", "--prompt", "x", "--file=1.png", "--fallback", "a/b");
    expect(values).toEqual({ file: ["2.png", "1.png"], prompt: ["x"], fallback: ["a/b"] });
  });

  test("are refused where a flag is a switch", () => {
    expect(usageError("model", "run", "--prompt", "x", "--json=true")).toContain("--json");
    expect(usageError("model", "run", "--prompt", "x", "--local=")).toContain("--local");
    expect(usageError("model", "run", "--help=yes")).toContain("--help");
  });
});

describe("--", () => {
  test("ends the flags", () => {
    expect(run("--", "model", "run").id).toBe("model.run");
    expect(usageError("model", "run", "--", "--prompt", "hi")).toContain('"--prompt"');
    expect(usageError("model", "run", "--prompt", "hi", "--", "--json")).toContain('"--json"');
  });

  test("may itself be a value, for it is no flag of the verb", () => {
    expect(run("tts", "convert", "--text", "--", "--json").values).toEqual({ text: ["--"], json: [""] });
  });
});

describe("global flags", () => {
  test.each([
    [["--json", "--timeout-ms", "5", "--config=c.json", "model", "run", "--prompt", "x"]],
    [["model", "--json", "--timeout-ms", "5", "--config=c.json", "run", "--prompt", "x"]],
    [["model", "run", "--prompt", "x", "--json", "--timeout-ms", "5", "--config=c.json"]],
  ])("are the same wherever they are: %p", (argv) => {
    expect(run(...argv)).toEqual({
      id: "model.run",
      values: { json: [""], "timeout-ms": ["5"], config: ["c.json"], prompt: ["x"] },
    });
  });

  test.each(["json", "quiet", "verbose", "no-color"])("--%s is on every verb", (flag) => {
    for (const words of [["model", "run"], ["tts", "voices"], ["list"], ["inspect"], ["embedding", "create"]]) {
      expect(run(...words, `--${flag}`).values).toEqual({ [flag]: [""] });
    }
  });

  test.each(["timeout-ms", "config", "agent"])("--%s takes a value on every verb", (flag) => {
    for (const words of [["model", "run"], ["tts", "voices"], ["list"], ["inspect"], ["embedding", "create"]]) {
      expect(run(...words, `--${flag}`, "7").values).toEqual({ [flag]: ["7"] });
    }
  });
});

describe("what is unknown", () => {
  test.each([
    ["--promt", "--prompt"],
    ["--promt=x", "--prompt"],
    ["--modle", "--model"],
    ["--fiel", "--file"],
    ["--max-token", "--max-tokens"],
    ["--JSON", "--json"],
    ["--Timeout-MS", "--timeout-ms"],
    ["--no-colour", "--no-color"],
    ["--fallbacks", "--fallback"],
  ])("%s: did you mean %s?", (typed, meant) => {
    const said = usageError("model", "run", "--prompt", "x", typed);
    expect(said).toContain(`no flag ${typed.split("=")[0]}`);
    expect(said).toContain(`Did you mean ${meant}?`);
  });

  test.each(["-p", "-x", "-j", "--bogus-nonsense", "--voice", "--no-json", "--no-prompt"])(
    "%s is not taken for something else",
    (flag) => {
      expect(usageError("model", "run", "--prompt", "x", flag)).toContain(flag);
    },
  );

  test.each([
    [["modle", "run"], "model"],
    [["model", "rnu"], "run"],
    [["Model", "run"], "model"],
    [["embeding", "create"], "embedding"],
    [["tts", "voice"], "voices"],
    [["tts", "conv"], "convert"],
    [["lst"], "list"],
  ])("%p: did you mean %s?", (words, meant) => {
    expect(usageError(...words)).toContain(`Did you mean ${meant}?`);
  });

  test.each(["constructor", "toString", "__proto__", "hasOwnProperty", "prototype", ""])(
    "%p is no command, at the root and below",
    (word) => {
      expect(usageError(word)).toContain(`"${word}"`);
      expect(usageError("model", word)).toContain(`"${word}"`);
      expect(usageError("model", "run", word)).toContain(`"${word}"`);
    },
  );

  test("an argument without its flag is told which flag it may belong to", () => {
    expect(usageError("model", "run", "Say hello")).toContain('--prompt "Say hello"');
    expect(usageError("tts", "convert", "Hello")).toContain('--text "Hello"');
    expect(usageError("model", "run", "-")).toContain('"-"');
  });

  test("a verb's flag before the command is told where it belongs", () => {
    const said = usageError("--prompt", "hi", "model", "run");
    expect(said).toContain("--prompt");
    expect(said).toContain("after the command");
  });

  test("a verb that this build does not have is no command", () => {
    expect(usageError("model", "nope")).toContain("run");
  });
});

describe("a group without a verb", () => {
  test.each([
    [[], []],
    [["infer"], []],
    [["openclaw", "infer"], []],
    [["model"], ["model"]],
    [["--json"], []],
    [["model", "--json"], ["model"]],
    [["--"], []],
  ])("%p is not complete", (argv, path) => {
    expect(parseArgv(argv)).toEqual({ kind: "no-command", path });
  });

  test.each([
    [[], "model"],
    [["model"], "model run"],
    [["tts"], "tts convert"],
  ])("infer %p prints its help on stderr, nothing on stdout, and exits 2", async (argv, listed) => {
    const { exitCode, stdout, stderr } = await runInProcess(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("Usage");
    expect(stderr).toContain(listed);
  });

  test("prints one document, and no help, with --json", async () => {
    for (const argv of [["--json"], ["model", "--json"]]) {
      const { exitCode, stdout, stderr } = await runInProcess(argv);
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, capability: null, error: { type: "usage" } });
    }
  });
});

describe("help and version", () => {
  test.each([
    [["--help"], []],
    [["-h"], []],
    [["help"], []],
    [["infer", "--help"], []],
    [["--json", "--help"], []],
    [["model", "--help"], ["model"]],
    [["--help", "model"], ["model"]],
    [["help", "model"], ["model"]],
    [["model", "help"], ["model"]],
    [
      ["help", "model", "run"],
      ["model", "run"],
    ],
    [
      ["infer", "help", "model", "run"],
      ["model", "run"],
    ],
    [
      ["--help", "model", "run"],
      ["model", "run"],
    ],
    [
      ["model", "run", "--help"],
      ["model", "run"],
    ],
    [
      ["model", "run", "-h"],
      ["model", "run"],
    ],
    [
      ["model", "run", "--help", "--prompt", "hi"],
      ["model", "run"],
    ],
    [
      ["model", "run", "--prompt", "hi", "--help"],
      ["model", "run"],
    ],
    [
      ["model", "run", "--prompt", "help", "--help"],
      ["model", "run"],
    ],
    [["help", "list"], ["list"]],
  ])("%p shows help", (argv, path) => {
    expect(parseArgv(argv)).toEqual({ kind: "help", path });
  });

  test("--help is a value only when = says so", () => {
    expect(usageError("model", "run", "--prompt", "--help")).toContain("--prompt=--help");
    expect(run("model", "run", "--prompt=--help").values).toEqual({ prompt: ["--help"] });
    expect(run("model", "run", "--prompt", "help").values).toEqual({ prompt: ["help"] });
  });

  test("help about what does not exist is a usage error", () => {
    expect(usageError("help", "modle")).toContain("Did you mean model?");
    expect(usageError("modle", "--help")).toContain("Did you mean model?");
    expect(usageError("model", "run", "--bogus", "--help")).toContain("--bogus");
  });

  test.each([[["--version"]], [["-V"]], [["infer", "--version"]], [["--json", "--version"]]])(
    "%p is the version",
    (argv) => {
      expect(parseArgv(argv)).toEqual({ kind: "version" });
    },
  );

  test("--version is the program's, not a verb's, and may be a value", () => {
    expect(usageError("model", "run", "--version")).toContain("--version");
    expect(run("model", "run", "--prompt", "--version").values).toEqual({ prompt: ["--version"] });
  });

  test("help exits 0 on stdout and says nothing on stderr", async () => {
    for (const argv of [["--help"], ["help", "model"], ["model", "run", "--help"]]) {
      const { exitCode, stdout, stderr } = await runInProcess(argv);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain("Usage\n  infer");
    }
  });
});

describe("--json in a line that is wrong", () => {
  test.each([
    [["--json"], true],
    [["model", "run", "--bogus", "--json"], true],
    [["--json", "modle"], true],
    [["model", "run", "--prompt", "--json"], true],
    [["model", "run", "--prompt=--json"], false],
    [["model", "run", "--prompt", "x", "--", "--json"], false],
    [["model", "run"], false],
    [["model", "run", "--prompt", "--json please"], false],
  ])("%p asks for JSON: %p", (argv, asked) => {
    expect(hasSwitch(argv, "json")).toBe(asked);
  });

  test("is seen after a -- that is a value", async () => {
    const { exitCode, stdout } = await runInProcess(["tts", "convert", "--text", "--", "--json", "--bogus"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { type: "usage" } });
  });

  test.each([
    [["model", "run", "--bogus", "--json"], "model.run"],
    [["infer", "model", "run", "--json"], "model.run"],
    [["openclaw", "infer", "tts", "convert", "--json"], "tts.convert"],
    [["--json", "embedding", "create", "--bogus"], "embedding.create"],
    [["model", "run", "word", "--json"], "model.run"],
    [["model", "run", "--timeout-ms", "abc", "--prompt", "x", "--json"], "model.run"],
    // A global flag's value stands before the command here.
    [["--timeout-ms", "5", "model", "run", "--bogus", "--json"], "model.run"],
    [["--config", "c.json", "--agent=main", "tts", "convert", "--json"], "tts.convert"],
    [["--agent", "model", "embedding", "create", "--json"], "embedding.create"],
    [["modle", "run", "--json"], null],
    [["model", "--json"], null],
    [["--json"], null],
    [["list", "--bogus", "--json"], null],
    [["constructor", "--json"], null],
  ])("%p prints one envelope about %p", async (argv, capability) => {
    const { exitCode, stdout, stderr } = await runInProcess(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
    expect(stdout.endsWith("}\n")).toBe(true);
    const envelope = JSON.parse(stdout);
    expect(envelope).toMatchObject({ ok: false, capability, attempts: [], outputs: [], error: { type: "usage" } });
  });

  test("names the capability of a success, too, behind a global flag's value", async () => {
    const fetch = (async () =>
      Response.json({
        choices: [{ message: { content: "hi" }, finish_reason: "stop" }],
      })) as unknown as typeof globalThis.fetch;
    const line = ["--timeout-ms", "5000", "model", "run", "--prompt", "x", "--model", "groq/m", "--json"];
    const { stdout } = await runInProcess(line, { env: { GROQ_API_KEY: "k" }, fetch });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, capability: "model.run", outputs: [{ text: "hi" }] });
  });

  test("is named as far as the line goes", () => {
    expect(namedCapability(["model", "run", "--prompt"])).toBe("model.run");
    expect(namedCapability(["model"])).toBeNull();
    expect(namedCapability([])).toBeNull();
    expect(namedCapability(["infer", "infer"])).toBeNull();
    expect(namedCapability(["toString", "constructor"])).toBeNull();
  });
});

describe("a key in the wrong place", () => {
  const KEY = "sk-proj-abcdefghijklmnop1234";
  test.each([
    [["model", "auth", "login", "--provider", "openai", KEY]],
    [["model", "auth", "login", "--provider", KEY]],
    [["model", "auth", "login", `--${KEY}`]],
    [["model", "auth", "login", "--provider", "openai", "--method", KEY]],
    [["model", "run", KEY]],
  ])("%#: is not quoted", async (argv) => {
    const { stdout, stderr, exitCode } = await runInProcess(argv, { env: { HOME: "/nowhere" } });
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).not.toContain(KEY);
    const json = await runInProcess([...argv, "--json"], { env: { HOME: "/nowhere" } });
    expect(json.stdout).not.toContain(KEY);
  });
});
