import { basename, join } from "node:path";
import * as v from "valibot";
import { parsed, writtenJson } from "./output.ts";
import type { TranscriptionProgram } from "./program.ts";
import { isThere, languageOf, modelPath } from "./settings.ts";
import { utf8, wholeCharacters, wordsOf } from "./tokens.ts";

/** Flags and JSON: ggml-org/whisper.cpp, examples/cli/cli.cpp. */
export const whisperCpp: TranscriptionProgram = {
  hears: "wav",
  takesHints: true,
  async model(env, model, cwd) {
    const path = modelPath("WHISPER_CPP_MODEL", env, model, cwd);
    if (path !== undefined && (await isThere(path))) return { path };
    const isDefault = model === undefined || model === basename(HOMEBREW_MODEL);
    if (isDefault && (await isThere(HOMEBREW_MODEL))) return { path: HOMEBREW_MODEL };
    const hint = "Put the path of a ggml model into WHISPER_CPP_MODEL, or name it: --model whisper-cli/<path>";
    return { missing: path ? `The model ${path} is missing.` : "WHISPER_CPP_MODEL is not set.", hint };
  },
  args({ modelPath }, { language, prompt, times }, path, output) {
    return [
      ...["-m", modelPath, "-f", path, "-of", join(output, "transcript"), "-np"],
      times ? "-ojf" : "-oj",
      // Without it the program takes every recording for English, and translates.
      ...["-l", language === undefined ? "auto" : languageOf(language)],
      ...(prompt === undefined ? [] : ["--prompt", prompt]),
    ];
  },
  async read(finished, output) {
    // It cuts words into tokens anywhere, also within a character: they stay bytes until they are whole.
    const document = await writtenJson(finished, output, "latin1");
    const { result, transcription } = parsed(v.safeParse(whisperCppOutput, document));
    const segments = transcription
      .map(({ offsets, text }) => ({ ...inSeconds(offsets), text: utf8(text).trim() }))
      .filter((segment) => segment.text !== "");
    const tokens = transcription
      .flatMap((segment) => segment.tokens ?? [])
      .flatMap(({ text, offsets }) =>
        offsets === undefined || SPECIAL_TOKEN.test(text) ? [] : [{ ...inSeconds(offsets), text }],
      );
    const words = wordsOf(wholeCharacters(tokens));
    const text = utf8(transcription.map((segment) => segment.text).join("")).trim();
    return {
      // What it writes where nobody speaks.
      text: text.replaceAll("[BLANK_AUDIO]", "").trim() === "" ? "" : text,
      ...(result?.language && { language: result.language }),
      ...(segments.length > 0 && { segments }),
      ...(words.length > 0 && { words }),
    };
  },
};

/** As OpenClaw has it: what Homebrew's formula brings along. */
const HOMEBREW_MODEL = "/opt/homebrew/share/whisper-cpp/for-tests-ggml-tiny.bin";

/** `[_BEG_]`, `[_TT_550]`: times, ends and the like. */
const SPECIAL_TOKEN = /^\[_.*\]$/;

/** Milliseconds. */
const offsets = v.object({ from: v.number(), to: v.number() });
const whisperCppOutput = v.object({
  result: v.optional(v.object({ language: v.optional(v.string()) })),
  transcription: v.array(
    v.object({
      offsets,
      text: v.string(),
      tokens: v.optional(v.array(v.object({ text: v.string(), offsets: v.optional(offsets) }))),
    }),
  ),
});

function inSeconds({ from, to }: v.InferOutput<typeof offsets>): { start: number; end: number } {
  return { start: from / 1000, end: to / 1000 };
}
