import { describe, expect, test } from "bun:test";
import { imageRoute } from "../../../src/engine/route.ts";
import { falImages } from "../../../src/protocols/fal-images.ts";
import type { ImageRoute } from "../../../src/protocols/image-wire.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { make, PIXEL, refuse } from "../../support/image-flow.ts";
import { JPEG, JPEG_BASE64, PNG, PNG_BASE64, sent } from "../../support/images.ts";
import { only, refs, select, withEnv } from "../engine/selection.ts";

const KEYED = withEnv({ FAL_KEY: "id:secret" });

async function routeTo(model: string): Promise<ImageRoute> {
  return imageRoute(await only({ service: "image", provider: "fal", model }, KEYED)).route;
}

const FLUX = await routeTo("fal-ai/flux/dev");
const KREA = await routeTo("krea/v2/medium/text-to-image");
const BANANA = await routeTo("fal-ai/nano-banana-2");
const GPT = await routeTo("openai/gpt-image-2");
const PNG_URL = `data:image/png;base64,${PNG_BASE64}`;
const JPEG_URL = `data:image/jpeg;base64,${JPEG_BASE64}`;

describe("a new picture", () => {
  test("flux: the model is the path", async () => {
    expect(await sent(falImages, {}, FLUX)).toEqual({
      method: "POST",
      url: "https://fal.run/fal-ai/flux/dev",
      headers: { "content-type": "application/json" },
      body: { prompt: "A cat", num_images: 1, output_format: "png" },
      ignored: [],
    });
  });

  test.each([
    [{ size: "1024x1792" }, { width: 1024, height: 1792 }],
    [{ size: "640x480" }, { width: 640, height: 480 }],
    [{ aspectRatio: "1:1" }, "square_hd"],
    [{ aspectRatio: "4:3" }, "landscape_4_3"],
    [{ aspectRatio: "3:4" }, "portrait_4_3"],
    [{ aspectRatio: "16:9" }, "landscape_16_9"],
    [{ aspectRatio: "9:16" }, "portrait_16_9"],
    [{ aspectRatio: "2:3" }, { width: 683, height: 1024 }],
    [{ aspectRatio: "2.35:1" }, { width: 1024, height: 436 }],
    [{ resolution: "1K" }, { width: 1024, height: 1024 }],
    [{ resolution: "4K" }, { width: 4096, height: 4096 }],
    [
      { aspectRatio: "16:9", resolution: "2K" },
      { width: 2048, height: 1152 },
    ],
    [
      { aspectRatio: "9:16", resolution: "2K" },
      { width: 1152, height: 2048 },
    ],
  ] as const)("flux and gpt-image: %j", async (hints, image_size) => {
    for (const route of [FLUX, GPT]) {
      const { body, ignored } = await sent(falImages, { hints, count: 3 }, route);
      expect(body).toEqual({ prompt: "A cat", num_images: 3, output_format: "png", image_size });
      expect(ignored).toEqual([]);
    }
  });

  test("a size says it all, and what fal has no word for is told", async () => {
    const hints = { size: "1024x1024", aspectRatio: "16:9", resolution: "2K", quality: "high" } as const;
    const { body, ignored } = await sent(falImages, { hints: { ...hints, outputFormat: "jpeg" } }, FLUX);
    expect(body).toEqual({
      prompt: "A cat",
      num_images: 1,
      output_format: "jpeg",
      image_size: { width: 1024, height: 1024 },
    });
    expect(ignored).toEqual([
      { key: "aspectRatio", value: "16:9" },
      { key: "resolution", value: "2K" },
      { key: "quality", value: "high" },
    ]);
  });

  test("Krea: a shape, how freely, and neither a count nor a format", async () => {
    const hints = { aspectRatio: "2.35:1", resolution: "2K", outputFormat: "png" } as const;
    const { url, body, ignored } = await sent(falImages, { hints }, KREA);
    expect(url).toBe("https://fal.run/krea/v2/medium/text-to-image");
    expect(body).toEqual({ prompt: "A cat", creativity: "medium", aspect_ratio: "2.35:1" });
    expect(ignored).toEqual([
      { key: "resolution", value: "2K" },
      { key: "outputFormat", value: "png" },
    ]);
    const free = await sent(falImages, {}, { ...KREA, params: { creativity: "raw" } });
    expect(free.body).toEqual({ prompt: "A cat", creativity: "raw" });
    const odd = await sent(falImages, {}, { ...KREA, params: { creativity: "wild" } });
    expect(odd.body).toEqual({ prompt: "A cat", creativity: "medium" });
  });

  test("Nano Banana: a shape and a resolution of its own", async () => {
    const hints = { aspectRatio: "8:1", resolution: "4K" } as const;
    const { url, body } = await sent(falImages, { hints, count: 2 }, BANANA);
    expect(url).toBe("https://fal.run/fal-ai/nano-banana-2");
    expect(body).toEqual({
      prompt: "A cat",
      num_images: 2,
      output_format: "png",
      aspect_ratio: "8:1",
      resolution: "4K",
    });
  });
});

describe("a picture to change", () => {
  test.each([
    ["fal-ai/flux/dev", "fal-ai/flux/dev/image-to-image", { image_url: PNG_URL }],
    ["fal-ai/flux/dev/image-to-image", "fal-ai/flux/dev/image-to-image", { image_url: PNG_URL }],
    ["fal-ai/flux-2-pro/edit", "fal-ai/flux-2-pro/edit", { image_url: PNG_URL }],
    ["openai/gpt-image-2", "openai/gpt-image-2/edit", { image_urls: [PNG_URL, JPEG_URL] }],
    ["openai/gpt-image-2/edit", "openai/gpt-image-2/edit", { image_urls: [PNG_URL, JPEG_URL] }],
    ["fal-ai/nano-banana-2", "fal-ai/nano-banana-2/edit", { image_urls: [PNG_URL, JPEG_URL] }],
    ["fal-ai/nano-banana", "fal-ai/nano-banana/edit", { image_urls: [PNG_URL, JPEG_URL] }],
  ])("%s at %s", async (model, path, sources) => {
    const { url, body } = await sent(falImages, { inputs: [PNG, JPEG] }, await routeTo(model));
    expect(url).toBe(`https://fal.run/${path}`);
    expect(body).toEqual({ prompt: "A cat", num_images: 1, output_format: "png", ...sources });
  });

  test("Krea goes by the style of pictures, at the same path", async () => {
    const { url, body } = await sent(falImages, { inputs: [PNG, JPEG] }, KREA);
    expect(url).toBe("https://fal.run/krea/v2/medium/text-to-image");
    expect(body).toEqual({
      prompt: "A cat",
      creativity: "medium",
      image_style_references: [{ image_url: PNG_URL }, { image_url: JPEG_URL }],
    });
  });

  test("flux keeps the shape that the picture has", async () => {
    const { body, ignored } = await sent(falImages, { inputs: [PNG], hints: { aspectRatio: "16:9" } }, FLUX);
    expect(body).not.toHaveProperty("image_size");
    expect(ignored).toEqual([{ key: "aspectRatio", value: "16:9" }]);
    const gpt = await sent(falImages, { inputs: [PNG], hints: { aspectRatio: "16:9" } }, GPT);
    expect(gpt.body).toHaveProperty("image_size", "landscape_16_9");
  });

  test.each([
    [FLUX, 1],
    [GPT, 10],
    [BANANA, 14],
    [KREA, 10],
  ])("%# takes this many", ({ limits }, most) => {
    expect(limits.edit?.maxInputImages).toBe(most);
  });
});

describe("read", () => {
  const read = (json: unknown) => falImages.read(json, FLUX, new URL(FLUX.baseUrl));

  test("addresses, or the pictures themselves", () => {
    const images = [
      { url: "https://v3.fal.media/files/a.png", content_type: "image/png", width: 1024, height: 768 },
      { url: "data:image/png;base64,AAAA", content_type: "image/png" },
    ];
    expect(read({ images, prompt: "A cat", seed: 42 })).toEqual({
      pictures: [{ url: "https://v3.fal.media/files/a.png" }, { base64: "data:image/png;base64,AAAA" }],
    });
  });

  test("none", () => {
    expect(read({ images: [], prompt: "A cat" })).toEqual({ pictures: [] });
    expect(read({ prompt: "A cat" })).toEqual({ pictures: [] });
  });

  test("an error inside a 200", () => {
    expect(read({ error: { message: "No", code: "x" } })).toEqual({ failure: { error: { message: "No", code: "x" } } });
    expect(read({ detail: "No" })).toEqual({ failure: { detail: "No" } });
  });

  test("what is no answer of fal's", () => {
    expect(() => read([])).toThrow("cannot be understood");
    expect(() => read({ images: [{ href: "x" }] })).toThrow("images.0.url");
  });
});

describe("a whole run", () => {
  const config = (baseUrl: string) => ({ models: { providers: { fal: { baseUrl } } } });
  const env = { FAL_KEY: "id:secret" };

  test("the key goes to fal as `Key`, and not to the host that has the picture", async () => {
    await using cdn = await FaultServer.start((socket) => respond(socket, 200, PIXEL, { "content-type": "image/png" }));
    const answer = JSON.stringify({ images: [{ url: `${cdn.url}/a.png` }, { url: `${cdn.url}/b.png` }] });
    await using fal = await FaultServer.start((socket) => respond(socket, 200, answer));
    const { pictures, bytes } = await make({ provider: "fal", config: config(fal.url), env, request: { count: 2 } });
    expect(bytes).toEqual([PIXEL, PIXEL]);
    expect(pictures).toMatchObject([{ mimeType: "image/png", width: 1, height: 1 }, { extension: "png" }]);
    expect(fal.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ["/fal-ai/flux/dev", "Key id:secret"],
    ]);
    expect(cdn.seen.map(({ path }) => path)).toEqual(["/a.png", "/b.png"]);
    for (const { headers } of cdn.seen) expect(JSON.stringify(headers)).not.toContain("secret");
  });

  test("a picture to change is sent in the body, and its limits are held to", async () => {
    await using fal = await FaultServer.start((socket) =>
      respond(socket, 200, JSON.stringify({ images: [{ url: `data:image/png;base64,${PIXEL.toString("base64")}` }] })),
    );
    const { bytes } = await make({ provider: "fal", config: config(fal.url), env, request: { inputs: [PNG] } });
    expect(bytes).toEqual([PIXEL]);
    expect(fal.seen[0]?.path).toBe("/fal-ai/flux/dev/image-to-image");
    expect(JSON.parse(fal.seen[0]?.body ?? "")).toMatchObject({ image_url: PNG_URL });
    const { error } = await refuse({ provider: "fal", config: config(fal.url), env, request: { inputs: [PNG, PNG] } });
    expect([error.type, error.message]).toEqual(["usage", "fal/fal-ai/flux/dev takes at most 1 input images, not 2."]);
    expect(fal.seen).toHaveLength(1);
  });

  test("Krea makes one at a time", async () => {
    await using fal = await FaultServer.start((socket) =>
      respond(socket, 200, JSON.stringify({ images: [{ url: `data:image/png;base64,${PIXEL.toString("base64")}` }] })),
    );
    const model = "krea/v2/large/text-to-image";
    const request = { count: 2, hints: { size: "1024x1024", outputFormat: "png" } } as const;
    const { bytes, context } = await make({ provider: "fal", model, config: config(fal.url), env, request });
    expect(bytes).toHaveLength(2);
    expect(fal.seen.map(({ body }) => JSON.parse(body))).toEqual([
      { prompt: "A cat", creativity: "medium", aspect_ratio: "1:1" },
      { prompt: "A cat", creativity: "medium", aspect_ratio: "1:1" },
    ]);
    expect(context.report.ignoredOverrides).toEqual([
      { key: "size", value: "1024x1024" },
      { key: "outputFormat", value: "png" },
    ]);
  });

  test.each([
    [401, { detail: "Cannot access application. Authentication is required." }, "auth", "Authentication is required"],
    [404, { detail: "Application 'x' not found" }, "not_found", "Application 'x' not found"],
    [
      422,
      { detail: [{ loc: ["body", "prompt"], msg: "field required", type: "missing" }] },
      "provider_error",
      "body.prompt: field required",
    ],
    [500, { error: { message: "Runner died", code: "x" } }, "provider_error", "Runner died"],
    [200, { images: [] }, "empty_result", "sent no picture"],
  ] as const)("an error %d %j", async (status, body, type, words) => {
    await using fal = await FaultServer.start((socket) => respond(socket, status, JSON.stringify(body)));
    const { error } = await refuse({ provider: "fal", config: config(fal.url), env });
    expect(error.type).toBe(type);
    expect(error.message).toContain(words);
    expect(fal.seen).toHaveLength(1);
  });
});

test("either variable chooses fal, and FAL_KEY first", async () => {
  expect(refs(await select({ service: "image" }, withEnv({ FAL_API_KEY: "k" })))).toEqual(["fal/fal-ai/flux/dev"]);
  const both = await only({ service: "image" }, withEnv({ FAL_API_KEY: "a", FAL_KEY: "b" }));
  expect(both.credential?.source).toBe("FAL_KEY");
});
