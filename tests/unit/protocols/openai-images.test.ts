import { describe, expect, test } from "bun:test";
import type { ImageHints, ImageRequest, ImageRoute } from "../../../src/protocols/image-wire.ts";
import { openaiImages } from "../../../src/protocols/openai-images.ts";
import {
  asked,
  builtBy,
  formParts,
  imageRouteTo,
  JPEG,
  JPEG_BASE64,
  PNG,
  PNG_BASE64,
  sent,
} from "../../support/images.ts";

const OPENAI = imageRouteTo("openai");
const read = (json: unknown) => openaiImages.read(json, OPENAI, new URL(OPENAI.baseUrl));

describe("a new picture", () => {
  test("is asked for at 1024x1024, and without response_format, which gpt-image refuses", async () => {
    expect(await sent(openaiImages, {}, OPENAI)).toEqual({
      method: "POST",
      url: "https://api.openai.com/v1/images/generations",
      headers: { "content-type": "application/json" },
      body: { model: "gpt-image-2", prompt: "A cat", n: 1, size: "1024x1024" },
      ignored: [],
    });
  });

  test("has every hint that OpenAI knows, and says which ones it does not", async () => {
    const hints: ImageHints = {
      size: "1536x1024",
      aspectRatio: "3:2",
      resolution: "2K",
      quality: "high",
      outputFormat: "webp",
      background: "opaque",
      moderation: "low",
    };
    const { body, ignored } = await sent(openaiImages, { hints, count: 4 }, OPENAI);
    expect(body).toEqual({
      model: "gpt-image-2",
      prompt: "A cat",
      n: 4,
      size: "1536x1024",
      quality: "high",
      output_format: "webp",
      background: "opaque",
      moderation: "low",
    });
    expect(ignored).toEqual([
      { key: "aspectRatio", value: "3:2" },
      { key: "resolution", value: "2K" },
    ]);
  });
});

test("the flags for OpenAI alone come before the ones for all", async () => {
  const hints: ImageHints = { background: "auto", openaiBackground: "opaque", moderation: "auto" };
  const { body, ignored } = await sent(openaiImages, { hints }, OPENAI);
  expect(body).toMatchObject({ model: "gpt-image-2", background: "opaque", moderation: "auto" });
  expect(ignored).toEqual([]);
  const seeThrough = await sent(openaiImages, { hints: { openaiBackground: "transparent" } }, OPENAI);
  expect(seeThrough.body).toMatchObject({ model: "gpt-image-1.5", background: "transparent" });
});

describe("a transparent background", () => {
  const hints: ImageHints = { background: "transparent" };

  test("is made by gpt-image-1.5, as gpt-image-2 answers 400", async () => {
    const { body, model, ignored } = await sent(openaiImages, { hints }, OPENAI);
    expect(body).toEqual({
      model: "gpt-image-1.5",
      prompt: "A cat",
      n: 1,
      size: "1024x1024",
      background: "transparent",
    });
    expect({ model, ignored }).toEqual({ model: "gpt-image-1.5", ignored: [] });
  });

  test("comes in a size that the other model has", () => {
    expect(openaiImages.reroute?.(hints, OPENAI)?.limits).toEqual({
      ...OPENAI.limits,
      sizes: ["1024x1024", "1536x1024", "1024x1536"],
    });
  });

  test.each([
    ["another model", { model: "gpt-image-1" }, "gpt-image-1"],
    ["a dated model", { model: "gpt-image-2-2026-04-21" }, "gpt-image-2-2026-04-21"],
    ["another server", { baseUrl: "http://127.0.0.1:8080/v1" }, "gpt-image-2"],
  ])("changes nothing for %s", async (_, route, used) => {
    const built = await sent(openaiImages, { hints }, imageRouteTo("openai", route));
    expect(built.body).toMatchObject({ model: used, background: "transparent" });
    expect(built.model).toBeUndefined();
  });
});

describe("a picture to change", () => {
  async function form(request: Partial<ImageRequest>, route: ImageRoute = OPENAI) {
    const { request: http, ignored, model } = builtBy(openaiImages, request, route);
    return { url: http.url, type: http.headers["content-type"], parts: await formParts(http), ignored, model };
  }

  test("goes as a form: the fields, each input as image[], the mask", async () => {
    const hints: ImageHints = { quality: "low", outputFormat: "png", background: "auto", moderation: "auto" };
    const { url, type, parts } = await form({ inputs: [PNG, JPEG], mask: PNG, count: 2, hints });
    expect(url).toBe("https://api.openai.com/v1/images/edits");
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
    expect(parts).toEqual([
      { name: "model", value: "gpt-image-2" },
      { name: "prompt", value: "A cat" },
      { name: "n", value: "2" },
      { name: "size", value: "1024x1024" },
      { name: "quality", value: "low" },
      { name: "output_format", value: "png" },
      { name: "background", value: "auto" },
      { name: "moderation", value: "auto" },
      { name: "image[]", value: "png bytes", filename: "picture.png", mimeType: "image/png" },
      { name: "image[]", value: "jpeg bytes", filename: "picture.jpg", mimeType: "image/jpeg" },
      { name: "mask", value: "png bytes", filename: "picture.png", mimeType: "image/png" },
    ]);
  });

  test("gets a transparent background from the other model, too", async () => {
    const { parts, model } = await form({ inputs: [PNG], hints: { background: "transparent" } });
    expect(parts[0]).toEqual({ name: "model", value: "gpt-image-1.5" });
    expect(model).toBe("gpt-image-1.5");
  });

  test("goes to DeepInfra as its one file", async () => {
    const { url, parts, ignored } = await form(
      { inputs: [PNG], hints: { size: "512x512", moderation: "low" } },
      imageRouteTo("deepinfra"),
    );
    expect(url).toBe("https://api.deepinfra.com/v1/openai/images/edits");
    expect(parts).toEqual([
      { name: "model", value: "black-forest-labs/FLUX-1-schnell" },
      { name: "prompt", value: "A cat" },
      { name: "n", value: "1" },
      { name: "size", value: "512x512" },
      { name: "response_format", value: "b64_json" },
      { name: "image", value: "png bytes", filename: "picture.png", mimeType: "image/png" },
    ]);
    expect(ignored).toEqual([{ key: "moderation", value: "low" }]);
  });

  test("goes to LiteLLM in JSON", async () => {
    const { method, url, headers, body } = await sent(
      openaiImages,
      { inputs: [PNG, JPEG], count: 3 },
      imageRouteTo("litellm"),
    );
    expect({ method, url, headers }).toEqual({
      method: "POST",
      url: "http://localhost:4000/images/edits",
      headers: { "content-type": "application/json" },
    });
    expect(body).toEqual({
      model: "gpt-image-2",
      prompt: "A cat",
      n: 3,
      size: "1024x1024",
      images: [
        { image_url: `data:image/png;base64,${PNG_BASE64}` },
        { image_url: `data:image/jpeg;base64,${JPEG_BASE64}` },
      ],
    });
  });
});

describe("the dialects ask for a new picture", () => {
  test("DeepInfra: in base64", async () => {
    const { url, body, ignored } = await sent(
      openaiImages,
      { count: 4, hints: { quality: "high" } },
      imageRouteTo("deepinfra"),
    );
    expect(url).toBe("https://api.deepinfra.com/v1/openai/images/generations");
    expect(body).toEqual({
      model: "black-forest-labs/FLUX-1-schnell",
      prompt: "A cat",
      n: 4,
      size: "1024x1024",
      response_format: "b64_json",
    });
    expect(ignored).toEqual([{ key: "quality", value: "high" }]);
  });

  test("LiteLLM: with model, prompt, n and size, and nothing else", async () => {
    const hints: ImageHints = { size: "256x256", background: "transparent", moderation: "low" };
    const { url, body, ignored } = await sent(openaiImages, { hints }, imageRouteTo("litellm"));
    expect(url).toBe("http://localhost:4000/images/generations");
    expect(body).toEqual({ model: "gpt-image-2", prompt: "A cat", n: 1, size: "256x256" });
    expect(ignored).toEqual([
      { key: "background", value: "transparent" },
      { key: "moderation", value: "low" },
    ]);
  });
});

describe("Azure", () => {
  const PLACE = "https://mine.openai.azure.com/openai/deployments/my%20pictures/images/generations";

  test.each([
    ["https://mine.openai.azure.com", "2024-12-01-preview"],
    ["https://mine.openai.azure.com/", "2024-12-01-preview"],
    ["https://mine.openai.azure.com/v1", "2024-12-01-preview"],
    ["https://mine.openai.azure.com/openai/v1/", "2024-12-01-preview"],
    ["https://mine.openai.azure.com/openai/v1?api-version=v1", "2024-12-01-preview"],
    ["https://mine.openai.azure.com/openai?api-version=2025-04-01-preview", "2025-04-01-preview"],
  ])("names the deployment in the path and not in the body: %s", async (baseUrl, version) => {
    const { url, body } = await sent(openaiImages, {}, imageRouteTo("openai", { baseUrl, model: "my pictures" }));
    expect(url).toBe(`${PLACE}?api-version=${version}`);
    expect(body).toEqual({ prompt: "A cat", n: 1, size: "1024x1024" });
  });

  test("takes the version from the settings, and edits at its own path", async () => {
    const params = { apiVersion: "2025-03-01-preview" };
    const route = imageRouteTo("openai", { baseUrl: "https://mine.services.ai.azure.com", params });
    const { request } = openaiImages.build(asked({ inputs: [PNG] }), route, []);
    expect(request.url).toBe(
      "https://mine.services.ai.azure.com/openai/deployments/gpt-image-2/images/edits?api-version=2025-03-01-preview",
    );
    expect((await formParts(request)).map(({ name }) => name)).toEqual(["prompt", "n", "size", "image[]"]);
  });

  test("keeps the model that was named for a transparent background", async () => {
    const route = imageRouteTo("openai", { baseUrl: "https://mine.openai.azure.com" });
    const { model, url } = await sent(openaiImages, { hints: { background: "transparent" } }, route);
    expect(model).toBeUndefined();
    expect(url).toContain("/deployments/gpt-image-2/");
  });

  test("is not what only looks like it", async () => {
    const route = imageRouteTo("openai", { baseUrl: "https://openai.azure.com.example.com/v1" });
    expect((await sent(openaiImages, {}, route)).url).toBe(
      "https://openai.azure.com.example.com/v1/images/generations",
    );
  });
});

describe("an answer", () => {
  test("has pictures, the prompt as it was revised, and usage", () => {
    const json = {
      created: 1713833628,
      data: [{ b64_json: "AAAA" }, { b64_json: "$spilled:0", revised_prompt: "A black cat" }],
      output_format: "png",
      usage: { total_tokens: 100, input_tokens: 50, output_tokens: 50, input_tokens_details: { text_tokens: 10 } },
    };
    expect(read(json)).toEqual({
      pictures: [{ base64: "AAAA" }, { base64: "$spilled:0", revisedPrompt: "A black cat" }],
      usage: { inputTokens: 50, outputTokens: 50, totalTokens: 100 },
    });
  });

  test("has addresses, or data: URLs, in some dialects", () => {
    const json = {
      data: [
        { url: "https://cdn.example.com/1.png", b64_json: null, revised_prompt: "" },
        { url: "data:image/png;base64,AAAA" },
        { b64_json: "data:image/jpeg;base64,/9j/" },
      ],
      usage: null,
    };
    expect(read(json)).toEqual({
      pictures: [
        { url: "https://cdn.example.com/1.png" },
        { base64: "data:image/png;base64,AAAA" },
        { base64: "data:image/jpeg;base64,/9j/" },
      ],
    });
  });

  test.each([
    ["no data", { created: 1 }],
    ["an empty list", { data: [] }],
    ["entries without a picture", { data: [{}, { b64_json: "", url: null }] }],
  ])("without pictures is left to the engine: %s", (_, json) => {
    expect(read(json)).toEqual({ pictures: [] });
  });

  test("may be an error", () => {
    const error = { message: "Your request was rejected by the safety system.", code: "moderation_blocked" };
    expect(read({ error })).toEqual({ failure: error });
  });

  test.each([[[]], ["text"], [null], [{ data: "AAAA" }], [{ data: [{ b64_json: 7 }] }]])("%j is none", (json) => {
    expect(() => read(json)).toThrow("The answer cannot be understood");
  });
});
