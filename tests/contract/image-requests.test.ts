import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { usableHints } from "../../src/capabilities/image-hints.ts";
import { googleImages } from "../../src/protocols/google-images.ts";
import type { ImageHints, ImageProtocol, ImageRequest } from "../../src/protocols/image-wire.ts";
import { openaiImages } from "../../src/protocols/openai-images.ts";
import { openaiResponsesImages } from "../../src/protocols/openai-responses-images.ts";
import { Contract, contractsPresent } from "../support/contracts.ts";
import { asked, formParts, imageRouteTo, JPEG, PNG, sent } from "../support/images.ts";

type Body = Record<string, unknown>;

/** Every combination of what a person can ask for that has a place in a request. */
function* matrix(inputs: ImageRequest["inputs"]): Generator<Partial<ImageRequest>> {
  for (const geometry of GEOMETRY) {
    for (const quality of [undefined, "low", "auto"]) {
      for (const outputFormat of [undefined, "png", "webp"] as const) {
        for (const background of [undefined, "transparent", "auto"] as const) {
          for (const moderation of [undefined, "low"] as const) {
            yield { inputs, count: 4, hints: { ...geometry, quality, outputFormat, background, moderation } };
          }
        }
      }
    }
  }
}
const GEOMETRY: readonly ImageHints[] = [
  {},
  { size: "1024x1536" },
  { size: "700x500" },
  { size: "3840x2160" },
  { aspectRatio: "16:9" },
  { aspectRatio: "1:1", resolution: "2K" },
  { resolution: "4K" },
];

interface Wire {
  name: string;
  protocol: ImageProtocol;
  provider: string;
  model: string;
  inputs: ImageRequest["inputs"];
  contract: string;
  path: string;
  adjust?: (body: Body, model: string) => Body;
}

/** The description wants the model in the body; over HTTP it is bound by the path (google.api.http). */
const boundByPath = (body: Body, model: string): Body => ({ ...body, model: `models/${model}` });

const WIRES: readonly Wire[] = [
  ...["gpt-image-2", "gpt-image-1-mini"].map((model) => ({
    name: "openai-images",
    protocol: openaiImages,
    provider: "openai",
    model,
    inputs: [],
    contract: "openai.json",
    path: "/images/generations",
  })),
  ...[[], [PNG, JPEG]].map((inputs) => ({
    name: `openai-responses-images with ${inputs.length} inputs`,
    protocol: openaiResponsesImages,
    provider: "openai-codex",
    model: "gpt-image-2",
    inputs,
    contract: "openai.json",
    path: "/responses",
  })),
  // They say that they are OpenAI's, and each sends fewer members.
  ...[
    { provider: "deepinfra", model: "black-forest-labs/FLUX-1-dev" },
    { provider: "litellm", model: "gpt-image-2" },
  ].map((one) => ({
    name: `openai-images at ${one.provider}`,
    protocol: openaiImages,
    ...one,
    inputs: [],
    contract: "openai.json",
    path: "/images/generations",
  })),
  ...[[], [PNG, JPEG]].flatMap((inputs) =>
    ["gemini-3.1-flash-image-preview", "gemini-2.5-flash-image"].map((model) => ({
      name: `google-images with ${inputs.length} inputs`,
      protocol: googleImages,
      provider: "google",
      model,
      inputs,
      contract: "google-gemini-official.json",
      path: "/v1beta/models/{model}:generateContent",
      adjust: boundByPath,
    })),
  ),
];

/** Reading a description takes a while: each is read once, and only when a test needs it. */
const CONTRACTS = new Map<string, Contract>();
function contractOf(file: string): Contract {
  const known = CONTRACTS.get(file) ?? new Contract(file);
  CONTRACTS.set(file, known);
  return known;
}

/** The body as a run would send it: hints go through what is known of the model first. */
async function bodyOf(protocol: ImageProtocol, request: Partial<ImageRequest>, provider: string, model: string) {
  const route = imageRouteTo(provider, { model });
  const { hints } = usableHints(request.hints ?? {}, route.limits);
  return (await sent(protocol, { ...request, hints }, route)).body as Body;
}

describe.each(WIRES)("$name, $model, against $contract", (wire) => {
  const { protocol, provider, model, inputs, contract, path, adjust = (body: Body) => body } = wire;

  test.skipIf(!contractsPresent)(
    "every combination of hints is as the vendor describes it (skipped without shared/contracts)",
    async () => {
      const wrong: Record<string, string[]> = {};
      for (const request of matrix(inputs)) {
        const body = adjust(await bodyOf(protocol, request, provider, model), model);
        const problems = contractOf(contract).problems("POST", path, body);
        if (problems.length > 0) wrong[JSON.stringify(request.hints)] = problems;
      }
      expect(wrong).toEqual({});
    },
  );

  test.skipIf(!contractsPresent)("the check can fail (skipped without shared/contracts)", async () => {
    const body = adjust(await bodyOf(protocol, { inputs }, provider, model), model);
    const check = (changed: Body) => contractOf(contract).problems("POST", path, changed);
    expect(check(body)).toEqual([]);
    expect(check({ ...body, model: 7 })).not.toEqual([]);
    const about = "prompt" in body ? "prompt" : "input" in body ? "input" : "contents";
    expect(check({ ...body, [about]: 7 })).not.toEqual([]);
  });
});

describe("LiteLLM's edits in JSON, against OpenAI's", () => {
  test.skipIf(!contractsPresent)(
    "have the members of EditImageBodyJsonParam (skipped without shared/contracts)",
    async () => {
      const body = await bodyOf(openaiImages, { inputs: [PNG, JPEG], count: 2 }, "litellm", "gpt-image-2");
      expect(contractOf("openai.json").problems("POST", "/images/edits", body)).toEqual([]);
      expect(contractOf("openai.json").problems("POST", "/images/edits", { ...body, images: [] })).not.toEqual([]);
    },
  );
});

describe("members that an open schema would let pass", () => {
  const hints: ImageHints = {
    size: "1024x1536",
    quality: "high",
    outputFormat: "webp",
    background: "opaque",
    moderation: "low",
  };

  test.skipIf(!contractsPresent)("OpenAI: all are described (skipped without shared/contracts)", async () => {
    const schemas = schemasOf("openai.json");
    const body = await bodyOf(openaiImages, { hints }, "openai", "gpt-image-2");
    expect(unknown(body, schemas.CreateImageRequest)).toEqual([]);
    const carried = await bodyOf(openaiResponsesImages, { hints }, "openai-codex", "gpt-image-2");
    const [tool] = carried.tools as Body[];
    expect(unknown(tool ?? {}, schemas.ImageGenTool)).toEqual([]);
  });

  test.skipIf(!contractsPresent)(
    "Gemini: all but imageConfig are described (skipped without shared/contracts)",
    async () => {
      const schemas = schemasOf("google-gemini-official.json");
      const geometry = { aspectRatio: "16:9", resolution: "4K" } as const;
      const model = "gemini-3-pro-image-preview";
      const body = await bodyOf(googleImages, { inputs: [PNG], hints: geometry }, "google", model);
      expect(unknown(body, schemas.GenerateContentRequest)).toEqual([]);
      // The description is older than imageConfig, which is in the vendor's guide,
      // https://ai.google.dev/gemini-api/docs/image-generation. Once the description has it, this list is to be empty.
      expect(unknown(body.generationConfig as Body, schemas.GenerationConfig)).toEqual(["imageConfig"]);
    },
  );
});

describe("the form of /images/edits", () => {
  test.skipIf(!contractsPresent)(
    "has the fields of CreateImageEditRequest, each with a value that it takes (skipped without shared/contracts)",
    async () => {
      const { properties = {}, required = [] } = schemasOf("openai.json").CreateImageEditRequest ?? {};
      for (const request of matrix([PNG, JPEG])) {
        const { request: http } = openaiImages.build(asked({ ...request, mask: PNG }), imageRouteTo("openai"), []);
        const parts = await formParts(http);
        // The guide sends several files as `image[]`: https://platform.openai.com/docs/guides/image-generation
        const named = parts.map((part) => ({ ...part, name: part.name.replace(/\[\]$/, "") }));
        const names = named.map(({ name }) => name);
        for (const name of required) expect(names).toContain(name);
        // Described for edits in JSON alone (EditImageBodyJsonParam); OpenClaw sends it in the form, too.
        const undescribed = names.filter((name) => !Object.hasOwn(properties, name));
        expect(undescribed).toEqual(request.hints?.moderation ? ["moderation"] : []);
        for (const { name, value, filename } of named) {
          const { enum: values, format, maximum } = properties[name] ?? {};
          if (values) expect(values).toContain(value);
          if (maximum !== undefined) expect(Number(value)).toBeLessThanOrEqual(maximum);
          const isFile = name === "image" || format === "binary";
          expect({ name, isFile: filename !== undefined }).toEqual({ name, isFile });
        }
      }
    },
  );
});

interface Schema {
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  format?: string;
  maximum?: number;
}

function schemasOf(file: string): Record<string, Schema | undefined> {
  const text = readFileSync(`${import.meta.dir}/../../../shared/contracts/${file}`, "utf8");
  return (JSON.parse(text) as { components: { schemas: Record<string, Schema> } }).components.schemas;
}

function unknown(body: Body, schema: Schema | undefined): string[] {
  const { properties } = schema ?? {};
  if (!properties) throw new Error("no such schema");
  return Object.keys(body).filter((key) => !Object.hasOwn(properties, key));
}
