import { describe, expect, test } from "bun:test";
import { openrouterImages } from "../../../src/protocols/openrouter-images.ts";
import { imageRouteTo, JPEG, JPEG_BASE64, PNG, PNG_BASE64, sent } from "../../support/images.ts";

const ROUTE = imageRouteTo("openrouter");
const read = (json: unknown) => openrouterImages.read(json, ROUTE, new URL(ROUTE.baseUrl));
const answer = (message: object, more: object = {}) => read({ choices: [{ message, ...more }] });

describe("build", () => {
  test("a new picture is a chat that may answer with one", async () => {
    expect(await sent(openrouterImages, { count: 2 }, ROUTE)).toEqual({
      method: "POST",
      url: "https://openrouter.ai/api/v1/chat/completions",
      headers: { "content-type": "application/json" },
      body: {
        model: "google/gemini-3.1-flash-image-preview",
        messages: [{ role: "user", content: "A cat" }],
        modalities: ["image", "text"],
        n: 2,
      },
      ignored: [],
    });
  });

  test("a shape and a resolution", async () => {
    const { body, ignored } = await sent(
      openrouterImages,
      { hints: { aspectRatio: "21:9", resolution: "4K", outputFormat: "png" } },
      ROUTE,
    );
    expect(body).toMatchObject({ image_config: { aspect_ratio: "21:9", image_size: "4K" } });
    expect(ignored).toEqual([{ key: "outputFormat", value: "png" }]);
  });

  test("inputs come after the prompt", async () => {
    const { body } = await sent(openrouterImages, { inputs: [PNG, JPEG] }, ROUTE);
    expect(body).toMatchObject({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "A cat" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PNG_BASE64}` } },
            { type: "image_url", image_url: { url: `data:image/jpeg;base64,${JPEG_BASE64}` } },
          ],
        },
      ],
    });
  });

  test.each([
    ["google/gemini-3-pro-image-preview", ["image", "text"]],
    ["openai/gpt-5.4-image-2", ["image", "text"]],
    ["openai/gpt-image-2", ["image"]],
    ["black-forest-labs/flux.2-pro", ["image"]],
    ["sourceful/riverflow-v2-fast", ["image"]],
  ])("%s answers in %j", async (model, modalities) => {
    expect((await sent(openrouterImages, {}, imageRouteTo("openrouter", { model }))).body).toMatchObject({
      modalities,
    });
  });
});

describe("read", () => {
  test("pictures are beside the text, and usage is told", () => {
    const json = {
      choices: [
        {
          message: {
            role: "assistant",
            content: "Here is your cat.",
            images: [
              { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
              { type: "image_url", image_url: { url: "$spilled:0" } },
              { type: "image_url", imageUrl: { url: "https://cdn.example.com/1.png" } },
            ],
          },
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 6, completion_tokens: 1290, total_tokens: 1296 },
    };
    expect(read(json)).toEqual({
      pictures: [
        { base64: "data:image/png;base64,AAAA" },
        { base64: "$spilled:0" },
        { url: "https://cdn.example.com/1.png" },
      ],
      usage: { inputTokens: 6, outputTokens: 1290, totalTokens: 1296 },
    });
  });

  test("pictures are in the content of some models", () => {
    const content = [
      { type: "text", text: "Here." },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "image", b64_json: "BBBB" },
      { type: "image", inlineData: { mimeType: "image/png", data: "CCCC" } },
      { type: "image", inline_data: { mime_type: "image/png", data: "$spilled:1" } },
    ];
    expect(answer({ content }).pictures).toEqual([
      { base64: "data:image/png;base64,AAAA" },
      { base64: "BBBB" },
      { base64: "CCCC" },
      { base64: "$spilled:1" },
    ]);
    expect(answer({ content: "A cat: ![cat](data:image/webp;base64,UklGRg==) and more" }).pictures).toEqual([
      { base64: "data:image/webp;base64,UklGRg==" },
    ]);
    for (const content of ["$spilled:0", "$spilled:0 and more"]) {
      expect(answer({ content }).pictures).toEqual([{ base64: "$spilled:0" }]);
    }
  });

  test("every choice counts", () => {
    const choice = (url: string) => ({ message: { images: [{ image_url: { url } }] } });
    expect(read({ choices: [choice("data:,A"), choice("data:,B")] }).pictures).toHaveLength(2);
  });

  test.each([
    ["words alone", { content: "I cannot draw that person." }, {}, "I cannot draw that person."],
    ["words in parts", { content: [{ type: "text", text: "I cannot." }] }, {}, "I cannot."],
    ["a refusal", { content: null, refusal: "No." }, {}, "No."],
    [
      "a filter",
      { content: "" },
      { finish_reason: "content_filter", native_finish_reason: "IMAGE_SAFETY" },
      "The picture was blocked (IMAGE_SAFETY).",
    ],
  ])("%s: no picture, and why", (_, message, more, refusal) => {
    expect(answer(message, more)).toEqual({ pictures: [], refusal });
  });

  test("an upstream's error comes inside a 200, at the top or in the choice", () => {
    const error = { code: 502, message: "Provider returned error", metadata: { provider_name: "Google" } };
    expect(read({ error, user_id: "user_1" })).toEqual({ failure: error });
    expect(read({ choices: [{ error, message: { content: "" } }] })).toEqual({ failure: error });
  });

  test("nothing at all is left to the engine", () => {
    expect(read({ choices: [] })).toEqual({ pictures: [] });
    expect(answer({ content: " ", images: [{ image_url: { url: "" } }] })).toEqual({ pictures: [] });
  });

  test("what is no completion is not understood", () => {
    expect(() => read({ choices: "none" })).toThrow("The answer cannot be understood");
  });
});
