/**
 * Compiles `infer` into one executable: `bun build.ts [--target T]... [--all] [--outfile PATH]`.
 * Without a target it builds for this machine into dist/infer, with one into dist/<target>/infer.
 */
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { version } from "./package.json";
import { makeAssets } from "./src/local/assets/stage.ts";

/** A new target is a row: its name here, what Bun calls it, and the name of the file. */
const TARGETS = {
  "linux-x64": { bun: "bun-linux-x64", file: "infer" },
  "linux-arm64": { bun: "bun-linux-arm64", file: "infer" },
  "linux-x64-musl": { bun: "bun-linux-x64-musl", file: "infer" },
  "linux-arm64-musl": { bun: "bun-linux-arm64-musl", file: "infer" },
  "darwin-x64": { bun: "bun-darwin-x64", file: "infer" },
  "darwin-arm64": { bun: "bun-darwin-arm64", file: "infer" },
  "windows-x64": { bun: "bun-windows-x64", file: "infer.exe" },
  "windows-arm64": { bun: "bun-windows-arm64", file: "infer.exe" },
} as const satisfies Record<string, { bun: Bun.Build.CompileTarget; file: string }>;

type Target = keyof typeof TARGETS;

const ROOT = import.meta.dir;
const USAGE = `usage: bun build.ts [--target T]... [--all] [--outfile PATH]\ntargets: ${Object.keys(TARGETS).join(", ")}`;

class UsageError extends Error {}

try {
  const outputs = await plan(Bun.argv.slice(2));
  await makeAssets();
  for (const { target, path } of outputs) {
    await compile(target, path);
    console.log(`${path} (${target}, ${(Bun.file(path).size / 1e6).toFixed(1)} MB)`);
  }
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(`build: ${describe(error)}${isUsage ? `\n${USAGE}` : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}

/** What to build, and where to. */
async function plan(args: string[]): Promise<{ target: Target; path: string }[]> {
  const flags = readFlags(args);
  const named = flags.all ? Object.keys(TARGETS) : [...new Set(flags.target ?? [])];
  const unknown = named.find((name) => !isTarget(name));
  if (unknown !== undefined) throw new UsageError(`unknown target "${unknown}"`);
  const targets = named.filter(isTarget);
  if (flags.outfile !== undefined && targets.length > 1) throw new UsageError("--outfile takes a single target");
  if (targets.length === 0) {
    const target = await hostTarget();
    return [{ target, path: resolve(flags.outfile ?? join(ROOT, "dist", TARGETS[target].file)) }];
  }
  return targets.map((target) => ({
    target,
    path: resolve(flags.outfile ?? join(ROOT, "dist", target, TARGETS[target].file)),
  }));
}

function readFlags(args: string[]) {
  try {
    const options = {
      target: { type: "string", multiple: true },
      all: { type: "boolean" },
      outfile: { type: "string" },
    } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(describe(error));
  }
}

function isTarget(name: string): name is Target {
  return Object.hasOwn(TARGETS, name);
}

async function hostTarget(): Promise<Target> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `${system}-${process.arch}${system === "linux" && (await isMusl()) ? "-musl" : ""}`;
  if (!isTarget(name)) throw new UsageError(`no target for this machine (${name})`);
  return name;
}

/** What the running Bun is linked to counts: both loaders may be installed. Its ELF header names the one it uses. */
async function isMusl(): Promise<boolean> {
  return (await Bun.file(process.execPath).slice(0, 4096).text()).includes("/ld-musl-");
}

/** Builds beside the final path and renames, so that a failure leaves no half file. */
async function compile(target: Target, path: string): Promise<void> {
  // Bun embeds the name of the file: it has to be the same in every build, so the folder is the temporary part.
  const folder = join(dirname(path), `.build-${process.pid}`);
  const outfile = join(folder, TARGETS[target].file);
  await mkdir(folder, { recursive: true });
  try {
    await Bun.build({
      entrypoints: [join(ROOT, "src/main.ts"), join(ROOT, "src/local/worker.ts")],
      root: join(ROOT, "src"),
      target: "bun",
      format: "esm",
      minify: true,
      splitting: true,
      bytecode: true,
      define: {
        "process.env.NODE_ENV": JSON.stringify("production"),
        INFER_VERSION: JSON.stringify(version),
        INFER_COMMIT: JSON.stringify(commit()),
        INFER_TARGET: JSON.stringify(target),
      },
      compile: {
        target: TARGETS[target].bun,
        outfile,
        // A folder that infer runs in must not be able to run code in it or to set its environment.
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    });
    await rename(outfile, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** "unknown" where git or its folder is absent, as in a source archive. */
function commit(): string {
  try {
    const git = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { cwd: ROOT, stderr: "ignore" });
    return (git.success && git.stdout.toString().trim()) || "unknown";
  } catch {
    return "unknown";
  }
}

function describe(error: unknown): string {
  if (error instanceof AggregateError)
    return [error.message, ...error.errors.map((cause) => Bun.inspect(cause))].join("\n");
  return error instanceof Error ? error.message : String(error);
}
