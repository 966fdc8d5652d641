import { speak, voicesOf } from "../capabilities/speech.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { memorySource } from "../http/source.ts";
import { checkDestination, saveMedia } from "../media/file.ts";
import { choose } from "./backend.ts";

/** `infer tts convert` */
export async function convert(context: Context, input: Input<"tts.convert">): Promise<Result> {
  const { text, voice, speed, output } = input;
  const candidates = await choose(context, "speech", input);
  await checkDestination(context, output, "tts");
  const media = await speak(context, { speech: { text, voice, speed }, candidates });
  if (output === "-") return { kind: "bytes", chunks: memorySource(media.bytes).open() };
  const file = await saveMedia(context, media, { output, family: "tts", subject: text });
  context.report.outputs.push({ ...file, format: media.extension, voiceCompatible: false });
  return { kind: "text", text: file.path };
}

/** `infer tts voices` */
export async function voices(context: Context, input: Input<"tts.voices">): Promise<Result> {
  const [candidate] = await choose(context, "speech", { ...input, fallback: [] });
  const value = candidate ? voicesOf(candidate) : [];
  const text = value.map(({ id, description }) => `${id}  ${description}`).join("\n");
  return { kind: "inventory", value, text };
}
