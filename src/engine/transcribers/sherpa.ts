import { join } from "node:path";
import * as v from "valibot";
import { jsonIn, misunderstood } from "./output.ts";
import type { TranscriptionProgram } from "./program.ts";
import { isThere, modelPath } from "./settings.ts";
import { wordsOf } from "./tokens.ts";

/** Flags: k2-fsa/sherpa-onnx, csrc/sherpa-onnx-offline.cc; JSON: AsJsonString in csrc/offline-stream.cc. */
export const sherpa: TranscriptionProgram = {
  hears: "wav",
  takesHints: false,
  async model(env, model, cwd) {
    const path = modelPath("SHERPA_ONNX_MODEL_DIR", env, model, cwd);
    const hint = "Put a transducer model's folder into SHERPA_ONNX_MODEL_DIR, or: --model sherpa-onnx-offline/<folder>";
    if (path === undefined) return { missing: "SHERPA_ONNX_MODEL_DIR is not set.", hint };
    for (const file of Object.values(SHERPA_FILES)) {
      if (!(await isThere(join(path, file)))) return { missing: `The file ${join(path, file)} is missing.`, hint };
    }
    return { path };
  },
  args({ modelPath }, _, path) {
    return [...Object.entries(SHERPA_FILES).map(([flag, file]) => `--${flag}=${join(modelPath, file)}`), path];
  },
  async read({ stdout, stderr }) {
    // Versions before k2-fsa/sherpa-onnx#3274 (early 2026) print it on stderr, of which only the end is kept.
    const lines = [new TextDecoder().decode(stdout), stderr].flatMap((output) => output.split("\n").toReversed());
    const result = lines.map((line) => v.safeParse(sherpaOutput, jsonIn(line.trim()))).find(({ success }) => success);
    if (!result?.success) {
      throw misunderstood(stderr, "Bring sherpa-onnx up to date: older ones print long transcripts out of reach.");
    }
    const { text, lang, tokens = [], timestamps = [], durations = [] } = result.output;
    const heard = tokens.flatMap((text, at) => {
      const start = timestamps[at];
      if (start === undefined) return [];
      const duration = durations[at];
      // Where no lengths are told, a token lasts until the next one.
      return [{ start, end: duration === undefined ? (timestamps[at + 1] ?? start) : start + duration, text }];
    });
    const words = wordsOf(heard);
    return { text: text.trim(), ...(lang && { language: lang }), ...(words.length > 0 && { words }) };
  },
};

const SHERPA_FILES = {
  tokens: "tokens.txt",
  encoder: "encoder.onnx",
  decoder: "decoder.onnx",
  joiner: "joiner.onnx",
} as const;

/** Times in seconds. */
const sherpaOutput = v.object({
  text: v.string(),
  lang: v.optional(v.string()),
  tokens: v.optional(v.array(v.string())),
  timestamps: v.optional(v.array(v.number())),
  durations: v.optional(v.array(v.number())),
});
