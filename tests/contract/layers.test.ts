import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const SRC = join(import.meta.dir, "../../src");

/** The way through the house, upper rooms first; a room may use the ones after it. */
const WAY = ["main", "cli", "commands", "capabilities", "engine", "providers", "protocols", "http"];

/** The rooms beside the way: what each may use. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  core: [],
  media: ["core", "http", "config", "process"],
  local: ["core"],
  process: ["core"],
  config: ["core", "process"],
  auth: ["core", "http", "config", "process", "providers"],
  catalog: ["core"],
  output: ["core", "http"],
  gateway: ["core", "http", "config"],
};

/** The rooms of the way that may not use what is beside it: data, pure functions, and the wire. */
const PLAIN = ["providers", "protocols", "http"];

interface Import {
  specifier: string;
  /** `type`: gone at run time. `lazy`: loaded when it is reached. */
  kind: "static" | "type" | "lazy";
}

const FILES = [...new Bun.Glob("**/*.ts").scanSync(SRC)].toSorted().filter((file) => !file.endsWith(".d.ts"));
const SOURCES = new Map(FILES.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));

function importsOf(source: string): Import[] {
  const statements = source.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;"'`()]*?\bfrom\s*["']([^"']+)["']/gm);
  const effects = source.matchAll(/^\s*import\s*["']([^"']+)["']/gm);
  const calls = source.matchAll(/(typeof\s+)?\b(?:import|require|require\.resolve)\s*\(\s*["'`]([^"'`]+)["'`]/g);
  return [
    ...[...statements].map(([, type, specifier = ""]) => ({ specifier, kind: type ? "type" : "static" }) as const),
    ...[...effects].map(([, specifier = ""]) => ({ specifier, kind: "static" }) as const),
    ...[...calls].map(([, type, specifier = ""]) => ({ specifier, kind: type ? "type" : "lazy" }) as const),
  ];
}

/** The file of `src/` that an import means, or undefined for what is not ours. */
function target(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = relative(SRC, join(SRC, dirname(from), specifier));
  return path.startsWith("..") ? undefined : path;
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : file.replace(/\.ts$/, "");
}

function mayUse(from: string, to: string): boolean {
  if (from === to || to === "version") return true;
  const beside = BESIDE[from];
  if (beside) return beside.includes(to);
  if (!WAY.includes(from)) return false;
  if (WAY.includes(to)) return WAY.indexOf(to) > WAY.indexOf(from);
  return to === "core" || (to in BESIDE && !PLAIN.includes(from));
}

/** The code alone, for searches: what Bun would run, so without comments and types. */
function code(source: string): string {
  return new Bun.Transpiler({ loader: "ts", trimUnusedImports: false }).transformSync(source);
}

describe("the rooms", () => {
  test("are the ones that the picture has", () => {
    const known = [...WAY, ...Object.keys(BESIDE), "version"];
    expect(FILES.filter((file) => !known.includes(roomOf(file)))).toEqual([]);
    expect(FILES.length).toBeGreaterThan(30);
  });

  test("import the ones below them only", () => {
    const broken: string[] = [];
    for (const [file, source] of SOURCES) {
      for (const { specifier } of importsOf(source)) {
        const to = target(file, specifier);
        if (to !== undefined && !mayUse(roomOf(file), roomOf(to))) {
          broken.push(`src/${file}: ${roomOf(file)} must not import ${roomOf(to)} ("${specifier}")`);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  test("are told apart by this test", () => {
    expect(mayUse("cli", "commands")).toBe(true);
    expect(mayUse("commands", "cli")).toBe(false);
    expect(mayUse("core", "http")).toBe(false);
    expect(mayUse("protocols", "config")).toBe(false);
    expect(mayUse("local", "media")).toBe(false);
    expect(mayUse("http", "version")).toBe(true);
    expect(mayUse("capabilities", "media")).toBe(true);
  });

  test("see a terminal nowhere between capabilities and http", () => {
    const broken = [...SOURCES].filter(
      ([file, source]) =>
        WAY.indexOf(roomOf(file)) >= WAY.indexOf("capabilities") &&
        importsOf(source).some(({ specifier }) => roomOf(target(file, specifier) ?? "") === "output"),
    );
    expect(broken.map(([file]) => file)).toEqual([]);
  });

  test("every import of our own names a file that is there", () => {
    const missing: string[] = [];
    for (const [file, source] of SOURCES) {
      for (const { specifier } of importsOf(source)) {
        const to = target(file, specifier);
        if (to?.endsWith(".ts") && !SOURCES.has(to)) missing.push(`src/${file}: ${specifier}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test("no path of an import is put together at run time, where this test could not read it", () => {
    const hidden = [...SOURCES].flatMap(([file, source]) =>
      [...code(source).matchAll(/\b(?:import|require)\s*\(\s*(?!["'])[^)]*/g)].map(([call]) => `src/${file}: ${call}`),
    );
    expect(hidden).toEqual([]);
  });

  test("are read as Bun reads them", () => {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    const unread = [...SOURCES].flatMap(([file, source]) => {
      const read = importsOf(source).map(({ specifier }) => specifier);
      const { imports } = transpiler.scan(source);
      return imports.filter(({ path }) => !read.includes(path)).map(({ path }) => `src/${file}: ${path}`);
    });
    expect(unread).toEqual([]);
  });

  test("are read whatever form the import has", () => {
    const source = [
      'import a from "./1.ts";',
      'import {\n  type b,\n  c,\n} from "./2.ts";',
      'import type { D } from "./3.ts";',
      'export { e } from "./4.ts";',
      'export * from "./5.ts";',
      'import "./6.ts";',
      'const f = await import("./7.ts");',
      'let g: typeof import("./8.ts");',
      "const h = require('./9.ts');",
      'import i from "./10.json" with { type: "file" };',
    ].join("\n");
    const found = importsOf(source).map(({ specifier, kind }) => `${specifier} ${kind}`);
    expect(found.toSorted()).toEqual(
      [
        "./1.ts static",
        "./2.ts static",
        "./3.ts type",
        "./4.ts static",
        "./5.ts static",
        "./6.ts static",
        "./7.ts lazy",
        "./8.ts type",
        "./9.ts lazy",
        "./10.json static",
      ].toSorted(),
    );
  });
});

describe("start-up", () => {
  /** What loads before argv is read. */
  function closure(file: string, seen: Set<string> = new Set()): Set<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const { specifier, kind } of importsOf(SOURCES.get(file) ?? "")) {
      const to = kind === "static" ? target(file, specifier) : undefined;
      if (to !== undefined) closure(to, seen);
    }
    return seen;
  }

  test("loads no engine, provider, protocol, config, catalog or media", () => {
    const early = [...closure("main.ts")];
    expect(early).toContain("cli/run.ts");
    const rooms = [
      "capabilities",
      "engine",
      "providers",
      "protocols",
      "config",
      "auth",
      "process",
      "catalog",
      "media",
      "local",
      "gateway",
    ];
    expect(early.filter((file) => rooms.includes(roomOf(file)))).toEqual([]);
  });

  test("loads no family of commands", () => {
    expect([...closure("main.ts")].filter((file) => roomOf(file) === "commands")).toEqual(["commands/index.ts"]);
  });
});

describe("the code", () => {
  /** Every place in what runs that matches, as file and text. */
  function places(pattern: RegExp, except: (file: string) => boolean = () => false): string[] {
    return FILES.filter((file) => !except(file)).flatMap((file) =>
      [...code(SOURCES.get(file) ?? "").matchAll(pattern)].map(([text]) => `src/${file}: ${text}`),
    );
  }
  const isBuildTime = (file: string): boolean => file.startsWith("local/assets/");

  test("never ends the process, which would cut off stdout", () => {
    expect(places(/\bprocess\s*\.\s*(?:exit|abort|reallyExit)\s*\(/g)).toEqual([]);
  });

  test("writes to stdout through src/output alone, and never through process.stdout", () => {
    expect(places(/\bprocess\s*\.\s*std(?:out|err)\b/g)).toEqual([]);
    expect(places(/\bconsole\s*\.\s*\w+/g, isBuildTime)).toEqual([]);
    expect(places(/\bBun\s*\.\s*std(?:out|err)\b/g, (file) => roomOf(file) === "output")).toEqual([]);
  });

  test("has no any", () => {
    const found = FILES.flatMap((file) =>
      (SOURCES.get(file) ?? "").split("\n").flatMap((line, at) => {
        const bare = line.replace(/\/\/.*$|^\s*\/?\*.*$/, "").replace(/(["'`])(?:\\.|(?!\1).)*\1/g, "");
        return /(?:[:<,|&=(]|\bas)\s*any\b(?=\s*(?:[;,)\]>=|&{[]|$))/.test(bare) ? [`src/${file}:${at + 1}`] : [];
      }),
    );
    expect(found).toEqual([]);
  });

  test("has no drawer for whatever: every file is a noun", () => {
    const drawers = FILES.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc)(?:\/|\.|-)/.test(file));
    expect(drawers).toEqual([]);
  });
});
