import { open } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { programOnPath } from "../process/find-program.ts";
import type { Call } from "./attempts.ts";
import { MOST_OUTPUT, toItsEnd } from "./user-program.ts";

/**
 * A recording as the small recognisers want it: WAV, 16 kHz, one channel, 16 bit. What is something else is converted by
 * the user's ffmpeg; without one it stays as it is, and `unfit` says so.
 */
export async function plainWav(
  context: Context,
  given: { path: string; mimeType: string },
  folder: string,
  env: Context["env"],
  call: Call,
): Promise<{ path: string; mimeType: string; unfit?: true }> {
  const { mimeType } = given;
  const path = resolve(context.cwd, given.path);
  if (await isPlainWav(path, mimeType)) return { path, mimeType };
  const command = await programOnPath("ffmpeg", env);
  if (!command) return { path, mimeType, unfit: true };
  // A name of its own: the recording itself may lie in the folder, and end in .wav.
  const wav = join(folder, `${parse(path).name}.16k.wav`);
  const form = ["-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav"];
  // A playlist is no recording: nothing is fetched for one.
  const args = ["-nostdin", "-loglevel", "error", "-y", "-protocol_whitelist", "file", "-i", path, ...form, wav];
  try {
    await toItsEnd(context, { command, args, env, maxOutputBytes: MOST_OUTPUT }, call);
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "provider_error") throw thrown;
    throw thrown.with({ hint: "Check that the file is a recording that ffmpeg can read." });
  }
  return { path: wav, mimeType: "audio/wav" };
}

/** A WAV whose header is another than the usual one is for the program to judge. */
async function isPlainWav(path: string, mimeType: string): Promise<boolean> {
  if (!/^audio\/(?:x-|vnd\.)?wave?$/.test(mimeType)) return false;
  const handle = await open(path);
  try {
    const header = Buffer.alloc(36);
    await handle.read(header, 0, header.length, 0);
    if (header.toString("latin1", 12, 16) !== "fmt ") return true;
    const [format, channels, bits] = [20, 22, 34].map((at) => header.readUInt16LE(at));
    return format === 1 && channels === 1 && bits === 16 && header.readUInt32LE(24) === 16_000;
  } finally {
    await handle.close();
  }
}
