/** The entry of the engine thread: one job in, one reply out. `engine.ts` is the other end. */
import { InferError } from "../core/error.ts";
import type { EngineReply, Engines, Job } from "./engine.ts";

declare const self: Worker;

self.onmessage = async ({ data: job }: MessageEvent<Job>) => {
  try {
    const output = await run(job);
    reply({ output }, output instanceof Uint8Array ? [output.buffer] : []);
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    reply({ error: { type: error.type, message: error.message, hint: error.details.hint } });
  }
};

/** Only the engine that is asked for is loaded. */
async function run(job: Job): Promise<Engines[keyof Engines]["output"]> {
  switch (job.engine) {
    case "embed": {
      const { SentenceEncoder } = await import("./sentence-encoder.ts");
      return await (await SentenceEncoder.load()).embed(job.input);
    }
    case "speak": {
      const { Flite } = await import("./flite.ts");
      return (await Flite.load()).speak(job.input);
    }
    case "read": {
      const { Tesseract } = await import("./tesseract.ts");
      return await (await Tesseract.load()).read(job.input);
    }
  }
}

function reply(message: EngineReply, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, transfer);
}
