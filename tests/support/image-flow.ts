import { type MadeImages, makeImages } from "../../src/capabilities/image.ts";
import { comfySetup } from "../../src/config/comfy.ts";
import type { InferError } from "../../src/core/error.ts";
import type { ImageRequest } from "../../src/protocols/image-wire.ts";
import { loaded, only } from "../unit/engine/selection.ts";
import { type FakeContext, fakeContext } from "./context.ts";
import { rejection } from "./failure.ts";
import { TemporaryFolder } from "./folder.ts";
import { asked } from "./images.ts";

/** A whole picture of one pixel. */
export const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

interface Flow {
  provider: string;
  model?: string;
  config: unknown;
  env?: Record<string, string>;
  request?: Partial<ImageRequest>;
}

interface Followed {
  context: FakeContext;
  /** The pauses that were made, in milliseconds. */
  pauses: number[];
  states: string[];
}

/** Pictures, made as the verb makes them; nothing waits. */
export async function make(flow: Flow): Promise<Followed & MadeImages & { bytes: Buffer[] }> {
  return run(flow, async (made) => {
    const { pictures } = await made;
    const bytes = await Promise.all(
      pictures.map(async ({ stored }) => Buffer.from(await Bun.file(stored.path).arrayBuffer())),
    );
    return { ...(await made), bytes };
  });
}

/** Why there are none. */
export async function refuse(flow: Flow): Promise<Followed & { error: InferError }> {
  return run(flow, async (made) => ({ error: await rejection(made) }));
}

async function run<T>(flow: Flow, outcome: (made: Promise<MadeImages>) => Promise<T>): Promise<Followed & T> {
  const { provider: name, model, config, env = {}, request } = flow;
  const pauses: number[] = [];
  const states: string[] = [];
  const context = fakeContext({ env: { HOME: "/nowhere", ...env }, sleep: async (ms) => void pauses.push(ms) });
  const from = loaded(config, env);
  const candidate = await only({ service: "image", provider: name, ...(model && { model }) }, from, context);
  const provider = { ...candidate.provider, ...comfySetup(candidate.provider, from) };
  using folder = new TemporaryFolder();
  await using litter = new AsyncDisposableStack();
  const { prompt, inputs, mask, count, hints } = asked(request);
  const made = makeImages(context, {
    prompt,
    inputs,
    mask,
    count,
    hints,
    candidates: [{ ...candidate, provider }],
    arrivals: { folder: folder.path, litter },
    onState: (state) => states.push(state),
  });
  return { context, pauses, states, ...(await outcome(made)) };
}
