import { offered, ROWS } from "../commands/index.ts";
import { GROUPS, type Row } from "../core/capability.ts";
import { EXIT_CODES } from "../core/error.ts";
import { type Flag, GLOBAL_FLAGS } from "../core/flags.ts";
import { childrenOf, findRow } from "./rows.ts";

const WIDTH = 80;

type Paint = (text: string) => string;
const plain: Paint = (text) => text;
const bold: Paint = (text) => `\u001b[1m${text}\u001b[22m`;

/** Help for a verb, a group, or all of it. At most 80 columns; colour is the caller's to decide. */
export function helpText(path: readonly string[], colour: boolean): string {
  const paint = colour ? bold : plain;
  const row = findRow(path);
  if (row) return verbHelp(row, paint);
  return path.length === 0 ? rootHelp(paint) : groupHelp(path, paint);
}

function rootHelp(paint: Paint): string {
  const groups = childrenOf([]).filter((word) => !findRow([word]));
  return sections([
    "infer: inference from the command line, on your own provider keys or none.",
    `${paint("Usage")}\n  infer <command> [flags]`,
    ...groups.map((group) => `${paint(GROUPS[group] ?? group)}\n${table(verbs(rowsBelow([group])))}`),
    `${paint("About infer itself")}\n${table(verbs(ROWS.filter(({ id }) => !id.includes("."))))}`,
    globalFlags(paint),
    `${paint("Example")}\n  infer ${ROWS[0]?.example}`,
    "infer <command> --help tells more about a command.",
    `${paint("Exit codes")}\n${exitCodes()}`,
  ]);
}

function groupHelp(path: readonly string[], paint: Paint): string {
  const name = path.join(" ");
  const [first] = rowsBelow(path);
  return sections([
    `${GROUPS[path.join(".")] ?? name}`,
    `${paint("Usage")}\n  infer ${name} <command> [flags]`,
    `${paint("Commands")}\n${table(verbs(rowsBelow(path)))}`,
    `${paint("Example")}\n  infer ${first?.example}`,
  ]);
}

function verbHelp(row: Row, paint: Paint): string {
  const flags = offered(row.flags);
  return sections([
    row.description,
    `${paint("Usage")}\n  infer ${row.id.replaceAll(".", " ")} [flags]`,
    ...(flags.length > 0 ? [`${paint("Flags")}\n${table(flags.map(flagLine))}`] : []),
    globalFlags(paint),
    `${paint("Example")}\n  infer ${row.example}`,
  ]);
}

function globalFlags(paint: Paint): string {
  return `${paint("Flags of every command")}\n${table(GLOBAL_FLAGS.map(flagLine))}`;
}

function exitCodes(): string {
  const codes = Object.entries(EXIT_CODES).map(([type, code]) => `${code} ${type}`);
  const all = ["0 the answer is there", ...codes, "143 interrupted by SIGTERM"];
  // A line must not end between a code and its name.
  const lines = wrap(all.map((one) => one.replaceAll(" ", "\u00a0")).join(", "), WIDTH - 2);
  return lines.map((line) => `  ${line.replaceAll("\u00a0", " ")}`).join("\n");
}

function verbs(rows: readonly Row[]): [string, string][] {
  return rows.map((row) => [row.id.replaceAll(".", " "), row.description]);
}

function rowsBelow(path: readonly string[]): Row[] {
  return ROWS.filter(({ id }) => id.startsWith(`${path.join(".")}.`));
}

function flagLine(flag: Flag): [string, string] {
  const value = flag.kind === "switch" ? "" : ` ${flag.value}`;
  const choices = flag.kind === "choice" ? `: ${flag.choices.join(", ")}` : "";
  return [`--${flag.name}${value}`, `${flag.summary}${choices}${flag.required ? " (required)" : ""}`];
}

/** Two columns, the second wrapped to fit. */
function table(lines: readonly [string, string][]): string {
  const left = Math.max(...lines.map(([name]) => name.length));
  return lines
    .flatMap(([name, text]) => {
      const [first = "", ...rest] = wrap(text, WIDTH - left - 4);
      return [`  ${name.padEnd(left)}  ${first}`.trimEnd(), ...rest.map((line) => `${" ".repeat(left + 4)}${line}`)];
    })
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function sections(parts: readonly string[]): string {
  return parts.join("\n\n");
}
