import { basename } from "node:path";
import type { Context } from "../core/context.ts";
import type { SpeechVoice } from "../protocols/speech-wire.ts";
import type { SpeechProgram } from "./speech-programs.ts";
import { MOST_OUTPUT, toItsEnd } from "./user-program.ts";

/** The voices that the program tells of; none for a configured command. */
export async function programVoices(
  program: SpeechProgram,
  context: Context,
  signal: AbortSignal,
): Promise<SpeechVoice[]> {
  const { known, command, env, voicePath } = program;
  if (known === undefined) return [];
  if (known === "piper") return voicePath === undefined ? [] : [piperVoice(voicePath)];
  const args = known === "say" ? ["-v", "?"] : ["--voices"];
  const { stdout } = await toItsEnd(context, { command, args, env, maxOutputBytes: MOST_OUTPUT }, { signal });
  const lines = new TextDecoder().decode(stdout).split("\n");
  return known === "say" ? lines.flatMap(sayVoice) : espeakVoices(lines);
}

/** `Alex                en_US    # Most people recognize me by my voice.` */
function sayVoice(line: string): SpeechVoice[] {
  const [, name, locale] = /^(.+?)\s+([a-z]{2,3}(?:[_-]\w+)*)\s+#/.exec(line) ?? [];
  return name && locale ? [{ id: name, name, locale: locale.replaceAll("_", "-") }] : [];
}

/** ` 5  en-us           --/M      English_(America)  gmw/en-US            (en 3)`, under a line of headings. */
function espeakVoices(lines: readonly string[]): SpeechVoice[] {
  const rows = lines.flatMap((line) => {
    const [, locale, gender, name, file] = /^\s*\d+\s+(\S+)\s+\S*\/(\S)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    return locale && gender && name && file ? [{ locale, gender, name, file }] : [];
  });
  const first = new Map(rows.toReversed().map((row) => [row.locale, row]));
  return rows.map((row) => ({
    // A language with several voices: its name means the first one, and a file means itself.
    id: first.get(row.locale) === row ? row.locale : row.file,
    name: row.name.replaceAll("_", " ").trim(),
    locale: row.locale,
    ...(GENDERS[row.gender] && { gender: GENDERS[row.gender] }),
  }));
}

const GENDERS: Readonly<Record<string, string>> = { M: "male", F: "female" };

/** Its file is named as in `en_US-lessac-medium.onnx`. */
export function piperVoice(path: string): SpeechVoice {
  const id = basename(path, ".onnx");
  const [, language, region] = /^([a-z]{2,3})_([A-Z]{2})-/.exec(id) ?? [];
  return { id, name: id, ...(language && { locale: `${language}-${region}` }) };
}
