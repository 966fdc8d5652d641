/**
 * Start-up and overhead, as ratios in one run: every command is timed in turn, many rounds, so that a noisy machine
 * disturbs all of them alike. Prints a table in Markdown. Nothing is asserted: these figures are read by people.
 *
 *   bun tests/bench/start.ts [rounds]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY } from "../support/binary.ts";

const ROUNDS = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(join(tmpdir(), "infer-bench-"));
const WORDS = Array.from({ length: 20 }, (_, index) => `word${index} `);

/** Answers at once, so that all the time is the client's. */
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async (request) => {
    await request.text();
    const chunks = WORDS.map((content) => ({ choices: [{ delta: { content } }] }));
    const end = { choices: [{ delta: {}, finish_reason: "stop" }] };
    const body = [...chunks, end].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("");
    return new Response(`${body}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } });
  },
});

interface Row {
  name: string;
  command: string[];
  times: number[];
}

try {
  const bare = await compileBare();
  const config = join(folder, "openclaw.json");
  await Bun.write(config, JSON.stringify({ models: { providers: { bench: { baseUrl: server.url.href } } } }));
  const run = [BINARY, "model", "run", "--prompt", "hi", "--model", "bench/m", "--config", config];
  const rows: Row[] = [
    row("bare compiled `console.log`", [bare]),
    row("`infer --version`", [BINARY, "--version"]),
    row("`infer list --json`", [BINARY, "list", "--json"]),
    row("`infer model run --help`", [BINARY, "model", "run", "--help"]),
    row("`infer model run`, local server", run),
    row("`infer model run --json`, local server", [...run, "--json"]),
  ];
  for (let round = 0; round < ROUNDS + 3; round++) {
    for (const one of rows) {
      const ms = await time(one.command);
      // The first rounds fill the page cache.
      if (round >= 3) one.times.push(ms);
    }
  }
  report(rows, await serverTime());
} finally {
  await server.stop(true);
  rmSync(folder, { recursive: true, force: true });
}

async function compileBare(): Promise<string> {
  const source = join(folder, "bare.ts");
  const outfile = join(folder, "bare");
  await Bun.write(source, 'console.log("x");\n');
  await Bun.build({
    entrypoints: [source],
    minify: true,
    bytecode: true,
    format: "esm",
    target: "bun",
    compile: { outfile },
  });
  return outfile;
}

function row(name: string, command: string[]): Row {
  return { name, command, times: [] };
}

/** A pipe for stdout, as a script has it; the clock stops when the process has ended. */
async function time(command: string[]): Promise<number> {
  const started = Bun.nanoseconds();
  const child = Bun.spawn(command, { env: {}, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  await new Response(child.stdout).arrayBuffer();
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return (Bun.nanoseconds() - started) / 1e6;
}

/** What the server itself takes, from a client that is already running. */
async function serverTime(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = Bun.nanoseconds();
    await (await fetch(server.url, { method: "POST", body: "{}" })).text();
    times.push((Bun.nanoseconds() - started) / 1e6);
  }
  return median(times);
}

function report(rows: readonly Row[], serverMs: number): void {
  const base = rows[0]?.times ?? [];
  console.log(`| command | min ms | median ms | × bare (min) | × bare (median) |\n|---|---|---|---|---|`);
  for (const { name, times } of rows) {
    const ratio = (of: (values: readonly number[]) => number): string => (of(times) / of(base)).toFixed(2);
    console.log(
      `| ${name} | ${least(times).toFixed(1)} | ${median(times).toFixed(1)} | ${ratio(least)} | ${ratio(median)} |`,
    );
  }
  console.log(`\nThe local server's own time: ${serverMs.toFixed(1)} ms (median). ${ROUNDS} rounds.`);
}

function least(values: readonly number[]): number {
  return Math.min(...values);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
