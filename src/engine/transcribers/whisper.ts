import * as v from "valibot";
import { parsed, writtenJson } from "./output.ts";
import type { TranscriptionProgram } from "./program.ts";
import { languageOf } from "./settings.ts";

/** Flags and JSON: openai/whisper, whisper/transcribe.py and whisper/utils.py. */
export const whisper: TranscriptionProgram = {
  hears: "all",
  takesHints: true,
  // It knows its models by name, and fetches one that is not there yet.
  model: async (_, model) => ({ path: model ?? "turbo" }),
  args({ modelPath }, { language, prompt, times }, path, output) {
    return [
      ...[`--model=${modelPath}`, "--output_format=json", `--output_dir=${output}`, "--verbose=False"],
      ...(language === undefined ? [] : [`--language=${languageOf(language)}`]),
      ...(prompt === undefined ? [] : [`--initial_prompt=${prompt}`]),
      ...(times ? ["--word_timestamps=True"] : []),
      path,
    ];
  },
  async read(finished, output) {
    const document = await writtenJson(finished, output, "utf8");
    const { text, language, segments = [] } = parsed(v.safeParse(whisperOutput, document));
    const spoken = segments.filter((segment) => segment.text.trim() !== "");
    const words = spoken.flatMap((segment) => segment.words ?? []);
    return {
      text: text.trim(),
      ...(language && { language }),
      ...(spoken.length > 0 && { segments: spoken.map(({ start, end, text }) => ({ start, end, text: text.trim() })) }),
      ...(words.length > 0 && { words: words.map(({ start, end, word }) => ({ start, end, word: word.trim() })) }),
    };
  },
};

const whisperOutput = v.object({
  text: v.string(),
  language: v.nullish(v.string()),
  segments: v.optional(
    v.array(
      v.object({
        start: v.number(),
        end: v.number(),
        text: v.string(),
        words: v.optional(v.array(v.object({ word: v.string(), start: v.number(), end: v.number() }))),
      }),
    ),
  ),
});
