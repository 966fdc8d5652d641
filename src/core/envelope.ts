import type * as v from "valibot";
import type {
  describeOutput,
  embeddingOutput,
  envelopeSchema,
  fileOutput,
  speechOutput,
  textOutput,
  transcriptOutput,
  transcriptSegment,
} from "./envelope-schema.ts";

/** The one document that `--json` prints; every member is told in `envelope-schema.ts`. */
export type Envelope = v.InferOutput<typeof envelopeSchema>;

export type Transport = Envelope["transport"];
export type Attempt = Envelope["attempts"][number];
export type InputFile = NonNullable<Envelope["inputs"]>[number];
export type Output = Envelope["outputs"][number];
export type EmbeddingOutput = v.InferOutput<typeof embeddingOutput>;
export type DescribeOutput = v.InferOutput<typeof describeOutput>;
export type FileOutput = v.InferOutput<typeof fileOutput>;
export type SpeechOutput = v.InferOutput<typeof speechOutput>;
export type TranscriptOutput = v.InferOutput<typeof transcriptOutput>;
export type TranscriptSegment = v.InferOutput<typeof transcriptSegment>;
export type IgnoredOverride = NonNullable<Envelope["ignoredOverrides"]>[number];
export type Usage = NonNullable<Envelope["usage"]>;
export type FinishReason = NonNullable<v.InferOutput<typeof textOutput>["finishReason"]>;
export type ErrorBody = NonNullable<Envelope["error"]>;
