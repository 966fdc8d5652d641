import { basename, parse } from "node:path";
import { lookup } from "mime-types";
import { srt, vtt } from "../capabilities/transcribe/subtitles.ts";
import { transcribe as hear, type TranscribeRun } from "../capabilities/transcribe.ts";
import type { Input, TranscriptFormat } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { TranscriptOutput } from "../core/envelope.ts";
import type { Result } from "../core/result.ts";
import { memorySource } from "../http/source.ts";
import { checkDestination, endingOf, keepMedia, refuseOriginal } from "../media/file.ts";
import { Progress } from "../output/progress.ts";
import { choose } from "./backend.ts";

/** `infer audio transcribe` */
export async function transcribe(context: Context, input: Input<"audio.transcribe">): Promise<Result> {
  const { file, language, prompt, output, allowPrivateNetwork } = input;
  const ending = await endingOf(context, output);
  const format = input.format ?? formatOf(ending);
  const candidates = await choose(context, "transcription", input);
  if (output !== undefined) await checkDestination(context, output, "audio");
  await refuseOriginal(context, output, file);
  const run: Omit<TranscribeRun, "onSent"> = {
    language,
    prompt,
    times: timesFor(format, context.options.json),
    namesModel: input.model !== undefined,
    candidates,
    allowPrivateNetwork,
  };
  const transcript = await waiting(context, (onSent) => hear(context, file, { ...run, onSent }));
  const written = rendered(transcript, format);
  const isSubtitles = format === "srt" || format === "vtt";
  context.report.outputs.push(
    output === undefined && isSubtitles ? { ...transcript, subtitles: `${written}\n` } : transcript,
  );
  if (output === undefined) return { kind: "text", text: written };
  if (output === "-") return { kind: "bytes", chunks: memorySource(`${written}\n`).open() };
  const media = { bytes: new TextEncoder().encode(`${written}\n`), ...kindOf(format, ending) };
  const destination = { output, family: "audio", subject: subjectOf(file) };
  const { file: saved, failure } = await keepMedia(context, media, destination, "transcript");
  if (saved) context.report.outputs.push(saved);
  if (!saved || failure) throw failure;
  return { kind: "text", text: saved.path };
}

/** By what the file is to be called. */
function formatOf(ending: string): TranscriptFormat {
  return ending === "srt" || ending === "vtt" || ending === "json" ? ending : "text";
}

function timesFor(format: TranscriptFormat, json: boolean): TranscribeRun["times"] {
  if (format === "srt" || format === "vtt") return "needed";
  return json || format === "json" ? "wanted" : "unwanted";
}

/** Without its last newline. */
function rendered(transcript: TranscriptOutput, format: TranscriptFormat): string {
  const { path: _, kind: __, ...said } = transcript;
  const { text, segments = [] } = transcript;
  const forms = {
    text: () => text,
    json: () => JSON.stringify(said, null, 2),
    srt: () => srt(segments).trimEnd(),
    vtt: () => vtt(segments).trimEnd(),
  };
  return forms[format]();
}

const MIME_TYPES: Readonly<Record<TranscriptFormat, string>> = {
  text: "text/plain",
  json: "application/json",
  srt: "application/x-subrip",
  vtt: "text/vtt",
};

/** Text may have any name that is not another kind of file's. */
function kindOf(format: TranscriptFormat, ending: string): { mimeType: string; extension: string } {
  const extension = format === "text" ? (isForText(ending) ? ending : "txt") : format;
  return { mimeType: MIME_TYPES[format], extension };
}

/** `md`, `log`, and what nobody knows; not `png`, and not what the other formats are called. */
function isForText(ending: string): boolean {
  const type = lookup(ending);
  return ending !== "" && ending !== "vtt" && (type === false || type.startsWith("text/"));
}

function subjectOf(file: string): string {
  const name = /^data:|^-$/i.test(file) ? "transcript" : parse(basename(URL.parse(file)?.pathname ?? file)).name;
  return name || "transcript";
}

async function waiting<T>(context: Context, work: (onSent: TranscribeRun["onSent"]) => Promise<T>): Promise<T> {
  using progress = new Progress(context, "Transcribing");
  let told = -1;
  return await work((share) => {
    const percent = Math.floor(share * 100);
    if (percent === told) return;
    told = percent;
    progress.tell(percent < 100 ? `${percent} % sent` : "sent");
  });
}
