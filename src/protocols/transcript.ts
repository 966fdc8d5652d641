import * as v from "valibot";
import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";
import { multipart, type Part } from "../http/multipart.ts";
import type { AudioInput, TranscriptionRequest, TranscriptionStep } from "./transcription-wire.ts";
import { defined } from "./wire.ts";

/** What goes into a form, a query or a JSON body; a list is as many fields of one name. */
type Fields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A form with the recording in it, which is read while it is sent. It comes last: xAI wants it there, and nobody minds. */
export function recordingForm(url: string, fields: Fields, { source, mimeType, filename }: AudioInput): HttpRequest {
  const parts: Part[] = [
    ...pairs(fields).map(([name, value]) => ({ name, value })),
    // Opus is in Ogg, and vendors tell what a file is by an ending that they know.
    { name: "file", filename: filename.replace(/\.opus$/i, ".ogg"), mimeType, source },
  ];
  const { contentType, body } = multipart(parts);
  return { method: "POST", url, headers: { "content-type": contentType }, body };
}

/** Fields as text, in their order. */
export function pairs(fields: Fields): [name: string, value: string][] {
  return Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
}

/** `de-AT` as `de`, for vendors that know languages by their bare ISO 639 code. */
export function bareLanguage(language: string | undefined): string | undefined {
  return language?.trim().split(/[-_]/)[0]?.toLowerCase() || undefined;
}

/** Hints that were given, and have no place in the request, in the user's own words. */
export function unsent(request: TranscriptionRequest, names: readonly Hint[]): IgnoredOverride[] {
  return names.flatMap((key) => {
    const value = request[key];
    return value ? [{ key, value }] : [];
  });
}

export type Hint = "language" | "prompt";

/** Seconds. Some write them as a string, as OpenAI once did. */
export const seconds = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.nonEmpty(), v.transform(Number))]),
  v.number(),
  v.finite(),
);

/**
 * What stands beside a text that has been paid for: of a form that it should not have, it is as if it were not there.
 */
export function beside<Output>(schema: v.GenericSchema<unknown, Output>) {
  return v.fallback(v.nullish(schema), undefined);
}

/** A list of it, without what is not as it should be. Where that is most of it, what is left says nothing either. */
export function listBeside<Output>(schema: v.GenericSchema<unknown, Output>) {
  return beside(
    v.pipe(
      v.array(v.unknown()),
      v.transform((entries) => {
        const good = entries.flatMap((entry) => {
          const { success, output } = v.safeParse(schema, entry);
          return success ? [output] : [];
        });
        return 2 * good.length >= entries.length ? good : [];
      }),
    ),
  );
}

export const textBeside = beside(v.string());
export const secondsBeside = beside(seconds);
export const countBeside = beside(v.pipe(v.number(), v.finite()));
/** A name, or a number in a row. */
export const speaker = beside(v.union([v.string(), v.number()]));

type Spoken = v.InferOutput<typeof speaker>;

/** Who speaks, as a member of a segment or a word. */
export function spokenBy(name: Spoken): { speaker?: string } {
  return name === undefined || name === null || name === "" ? {} : { speaker: String(name) };
}

/**
 * A step without members that say nothing: an empty list of segments is what is sent where no times were asked for. Its
 * times are times: some begin a little before the recording, or end before they begin.
 */
export function transcriptStep(told: {
  text: string;
  language?: string | null | undefined;
  durationSeconds?: number | null | undefined;
  segments?: TranscriptionStep["segments"] | undefined;
  words?: TranscriptionStep["words"] | undefined;
  usage?: { [Key in keyof Usage]?: Usage[Key] | null | undefined } | null | undefined;
}): TranscriptionStep {
  const { text, language, durationSeconds, usage } = told;
  const segments =
    told.segments?.map((one) => ({ ...one, ...timesOf(one), text: one.text.trim() })).filter((one) => one.text) ?? [];
  const words =
    told.words?.map((one) => ({ ...one, ...timesOf(one), word: one.word.trim() })).filter((one) => one.word) ?? [];
  const counted = defined(usage ?? {});
  return {
    text: text.trim(),
    ...(language && { language }),
    ...(typeof durationSeconds === "number" && durationSeconds >= 0 && { durationSeconds }),
    ...(segments.length > 0 && { segments }),
    ...(words.length > 0 && { words }),
    ...(Object.keys(counted).length > 0 && { usage: counted }),
  };
}

function timesOf({ start, end }: { start: number; end: number }): { start: number; end: number } {
  const from = Math.max(0, start);
  return { start: from, end: Math.max(from, end) };
}
