/** The tables of the README that are made from the code: `bun tests/support/readme.ts` writes them anew. */
import { join } from "node:path";
import { ROWS } from "../../src/commands/index.ts";
import { IMAGE_PROVIDERS } from "../../src/providers/images.ts";
import { SPEECH_PROVIDERS, SPEECH_SERVICES } from "../../src/providers/speech.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS, TRANSCRIPTION_SERVICES } from "../../src/providers/transcription.ts";
import type {
  Provider,
  SchemeId,
  SpeechService,
  TextService,
  TranscriptionService,
} from "../../src/providers/types.ts";

export const README = join(import.meta.dir, "../../README.md");

/** A login that is more than a key in a variable. */
const LOGINS: Readonly<Record<SchemeId, string>> = {
  "aws-sigv4": "AWS credentials",
  "aws-bearer": "AWS credentials",
  "github-copilot": "a GitHub login",
  "google-adc": "Google's application default credentials",
  "google-gemini-cli": "a login of Gemini CLI",
  "openai-codex": "a login of Codex",
};

const ALL = [...PROVIDERS, ...IMAGE_PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];

export const TABLES = {
  commands: ROWS.map(({ id, description }) => [`\`infer ${id.replaceAll(".", " ")}\``, description.replace(/\.$/, "")]),
  providers: PROVIDERS.map((row) => [
    code(row.id),
    keysOf(row),
    addressesOf(row),
    wiresOf(row.text) || "–",
    row.text?.defaultModel ? code(row.text.defaultModel) : "–",
  ]),
  speech: Object.entries(SPEECH_SERVICES).map(([id, service]) => [
    code(id),
    keysFor(id, service.env),
    service.defaultModel ? code(service.defaultModel) : "–",
    service.defaultVoice ? code(service.defaultVoice) : "–",
    formatsOf(service),
    longestOf(service),
  ]),
  transcription: Object.entries(TRANSCRIPTION_SERVICES).map(([id, service]) => [
    code(id),
    keysFor(id, service.env),
    service.defaultModel ? code(service.defaultModel) : "–",
    timesOf(service),
    service.maxBytes === undefined ? "–" : `${Math.round(service.maxBytes / 1024 / 1024)} MiB`,
  ]),
};

function keysFor(id: string, env: readonly string[] | undefined): string {
  const row = ALL.find((one) => one.id === id);
  if (!row) throw new Error(`no row for ${id}`);
  return keysOf({ ...row, ...(env && { env }) });
}

function timesOf({ protocol, defaultModel = "", timed, timedModel }: TranscriptionService): string {
  if (protocol === "transcription-program" || timed?.test(defaultModel)) return "yes";
  return timedModel ? `with ${code(timedModel)}` : "–";
}

function formatsOf({ formats, defaultFormat }: SpeechService): string {
  const names = Object.keys(formats).filter((name) => name !== defaultFormat);
  return [defaultFormat, ...names].join(", ");
}

function longestOf({ longest }: SpeechService): string {
  if (!longest) return "–";
  return "bytes" in longest ? `${longest.bytes} bytes` : `${longest.characters} characters`;
}

/** What is counted in a sentence. */
const COUNTS = {
  "provider-count": PROVIDERS.length,
  "variant-count": PROVIDERS.flatMap(({ variants = {} }) => Object.keys(variants)).length,
};

function keysOf({ env, ambientEnv = [], keyless, scheme }: Provider): string {
  const named = env.length > 0 || scheme ? [] : ambientEnv.map((name) => `${code(name)} once it is named`);
  const ways = [...(keyless ? ["none"] : []), ...env.map(code), ...named, ...(scheme ? [LOGINS[scheme]] : [])];
  return ways.join(" or ");
}

/** The provider's own address, what in it is the user's own, and the ids of its other ones. */
function addressesOf({ id, baseUrl, hostEnv, settings = {}, variants = {} }: Provider): string {
  const parts = Object.entries(settings)
    .filter(([, { env }]) => env.length > 0)
    .map(([name, { env }]) => `${code(`{${name}}`)}: ${env.map(code).join(" or ")}`);
  const others = Object.entries(variants).map(([name, url]) => `${code(`${id}-${name}`)}: ${code(url)}`);
  const host = hostEnv ? [`another host: ${hostEnv.map(code).join(" or ")}`] : [];
  return [baseUrl ? code(baseUrl) : "–", ...parts, ...host, ...others].join("<br>");
}

function wiresOf(text: TextService | undefined): string {
  if (!text) return "";
  const wires = new Set([text.protocol, ...(text.wires ?? []).map(({ protocol }) => protocol)]);
  return [...wires].map(code).join(", ");
}

/** The README with its tables made anew. Throws when it has no place for one. */
export function withTables(readme: string): string {
  const counted = Object.entries(COUNTS).reduce((text, [name, count]) => {
    const place = new RegExp(`(<!-- ${name} -->)\\d*(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`README has no ${name}`);
    return text.replace(place, (_, head: string, end: string) => head + count + end);
  }, readme);
  return Object.entries(TABLES).reduce((text, [name, rows]) => {
    const place = new RegExp(`(<!-- ${name}\\b[^>]*-->\\n[^\\n]*\\n\\|[-|]+\\|\\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`README has no ${name} table`);
    const lines = rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
    return text.replace(place, (_, head: string, end: string) => head + lines + end);
  }, counted);
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) await Bun.write(README, withTables(await Bun.file(README).text()));
