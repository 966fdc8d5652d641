import { tmpdir } from "node:os";
import type { CapabilityId } from "../../core/capability.ts";
import type { Context } from "../../core/context.ts";
import type { Candidate, ServiceName } from "../../engine/candidates.ts";
import type { ImageHints } from "../../protocols/image-wire.ts";
import { describeImage } from "../describe.ts";
import { createEmbeddings } from "../embed.ts";
import { makeImages } from "../image.ts";
import { speak } from "../speech.ts";
import { runText } from "../text.ts";
import { transcribe } from "../transcribe.ts";

/** The smallest real request of one capability. A capability that is not in the list has no smoke test. */
export interface SmokeRequest {
  capability: CapabilityId;
  service: ServiceName;
  /** It costs real money each time: made only when it is asked for by name, as `--capability image.generate`. */
  costly?: true;
  /** Succeeds when the answer is one that the verb itself would take. Writes nothing. */
  send(context: Context, candidates: readonly Candidate[]): Promise<unknown>;
}

/**
 * Enough for a model that thinks first: a smaller limit would end it before its first word, and fail a provider that
 * works. What a model that does not stop may cost is bounded all the same.
 */
const MOST_TOKENS = 1024;

export const SMOKE_REQUESTS: readonly SmokeRequest[] = [
  {
    capability: "model.run",
    service: "text",
    send: (context, candidates) => {
      const request = { prompt: "Reply with OK", images: [], maxTokens: MOST_TOKENS };
      return runText(context, { request, candidates });
    },
  },
  {
    capability: "tts.convert",
    service: "speech",
    send: async (context, candidates) => {
      await using litter = new AsyncDisposableStack();
      const arrivals = { folder: tmpdir(), litter };
      await speak(context, { text: "Hello", wish: {}, candidates, arrivals, onState: () => undefined });
    },
  },
  {
    capability: "audio.transcribe",
    service: "transcription",
    send: async (context, candidates) => {
      const { speakLocally } = await import("../../local/speak.ts");
      const wav = await speakLocally({ text: "Hello, this is a test.", voice: "rms", speed: 1 }, context.signal);
      await transcribe(context, `data:audio/wav;base64,${Buffer.from(wav).toString("base64")}`, {
        ...{ language: undefined, prompt: undefined, times: "unwanted", namesModel: true },
        ...{ candidates, allowPrivateNetwork: false, onSent: () => undefined },
      });
    },
  },
  {
    capability: "embedding.create",
    service: "embedding",
    send: (context, candidates) => createEmbeddings(context, { texts: ["hello"], candidates }),
  },
  {
    capability: "image.describe",
    service: "vision",
    send: (context, candidates) =>
      describeImage(context, HELLO, { prompt: undefined, candidates, allowPrivateNetwork: false }),
  },
  {
    capability: "image.generate",
    service: "image",
    costly: true,
    send: async (context, candidates) => {
      await using litter = new AsyncDisposableStack();
      const arrivals = { folder: tmpdir(), litter };
      const [candidate] = candidates;
      const hints = candidate ? cheapest(candidate) : {};
      const what = { prompt: "A black dot on white", inputs: [], count: 1, hints };
      const { missing } = await makeImages(context, { ...what, candidates, arrivals, onState: () => undefined });
      if (missing) throw missing;
    },
  },
];

/** The word HELLO, black on white, 160 by 48 pixels: large enough for every model, and for the embedded reader. */
const HELLO =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAKAAAAAwCAMAAAChd4FcAAAACVBMVEWqqqpVVVUAAAB63LC5AAAA0UlEQVRYw+2Y0Q6DIAxFe/v/H72ZL" +
  "BmFkmmzxrvsnjdByLEqtJgJIYQQLcDdQ8PzGu+uwGbEpi1MAlLBcTT4BKcJ0CF4ZsTuVgxaGJ6QRRBRqRrDPsE5ZEXDNkEsPrWX3Ca46qAUwi7BzIZO0D4G9UZB/" +
  "6bgzGahxkVBnN8Q7xH0nxQE8zcI9p+ESpB+mdks1DyCxr6TJOEiSxYWH5ClW3P+h2JK3ZjyhywfTRl1spVktVReX71GHdSrpk5By9qoBMeOeunefnZxoCMcIYQQ/" +
  "84DfEMHP0VKhBMAAAAASUVORK5CYII=";

/** The least that a provider makes, so that nothing is asked for that it would have to replace. */
function cheapest({ provider, model }: Candidate): ImageHints {
  const special = provider.image?.modelLimits?.find((one) => one.model.test(model ?? ""))?.limits;
  const { sizes = [], resolutions = [], qualities = [] } = { ...provider.image?.limits, ...special };
  const area = (size: string): number => Number(size.split("x")[0]) * Number(size.split("x")[1]);
  const [size] = sizes.toSorted((a, b) => area(a) - area(b));
  return {
    ...(size !== undefined && { size }),
    ...(size === undefined && { resolution: resolutions[0] }),
    ...(qualities.includes("low") && { quality: "low" }),
  };
}
