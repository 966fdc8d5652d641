import { describe, expect, test } from "bun:test";
import type { Candidate } from "../../../src/engine/candidates.ts";
import { type Asked, type Env, loaded, select } from "./selection.ts";

const HERE = { baseUrl: "http://127.0.0.1:9/v1" };
const OPENAI = "https://api.openai.com/v1";
const image = (settings: object, models: object[] = []) => ({ tools: { media: { image: { ...settings, models } } } });

async function first({ env = {}, config, ...asked }: Asked & { env?: Env; config: object }): Promise<Candidate> {
  const [candidate] = await select({ ...asked, service: "vision" }, loaded(config, { HOME: "/nowhere", ...env }));
  if (!candidate) throw new Error("no candidate");
  return candidate;
}

describe("the address of tools.media.image", () => {
  test.each<[string, Asked]>([
    ["--provider", { provider: "openai" }],
    ["--model", { model: "openai/gpt-5.5" }],
    ["nobody", {}],
  ])("is for whom %s names, and there no key is needed", async (_, asked) => {
    const { provider, problem } = await first({ ...asked, config: image(HERE) });
    expect({ url: provider.baseUrl, problem }).toEqual({ url: HERE.baseUrl, problem: undefined });
  });

  test("is for the models of agents.defaults, too", async () => {
    const config = { ...image(HERE), agents: { defaults: { imageModel: "openai/gpt-5.5" } } };
    expect((await first({ config })).provider.baseUrl).toBe(HERE.baseUrl);
  });

  test("gives way to that of an entry of the same provider and model", async () => {
    const entry = { provider: "openai", model: "gpt-5.5", baseUrl: "http://127.0.0.1:8/v1" };
    const of = async (model: string, settings: object) =>
      (await first({ env: { OPENAI_API_KEY: "k" }, model, config: image(settings, [entry]) })).provider.baseUrl;
    expect(await of("openai/gpt-5.5", HERE)).toBe("http://127.0.0.1:8/v1");
    expect(await of("openai/gpt-4o", HERE)).toBe("http://127.0.0.1:9/v1");
    expect(await of("openai/gpt-4o", {})).toBe(OPENAI);
  });

  test("is no address for text or sound", async () => {
    const config = loaded(image(HERE), { HOME: "/nowhere", OPENAI_API_KEY: "k" });
    for (const service of ["text", "transcription"] as const) {
      const [candidate] = await select({ service, provider: "openai", model: "gpt-5.5" }, config);
      expect(candidate?.provider.baseUrl).toBe(OPENAI);
    }
  });
});
