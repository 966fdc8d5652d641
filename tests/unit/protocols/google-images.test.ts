import { describe, expect, test } from "bun:test";
import { googleImages } from "../../../src/protocols/google-images.ts";
import type { ImageHints } from "../../../src/protocols/image-wire.ts";
import { imageRouteTo, JPEG, JPEG_BASE64, PNG, PNG_BASE64, sent } from "../../support/images.ts";

const ROUTE = imageRouteTo("google");
const URL_OF_DEFAULT =
  "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-flash-image-preview:generateContent";
const read = (json: unknown) => googleImages.read(json, ROUTE, new URL(ROUTE.baseUrl));

describe("build", () => {
  test("a new picture", async () => {
    expect(await sent(googleImages, {}, ROUTE)).toEqual({
      method: "POST",
      url: URL_OF_DEFAULT,
      headers: { "content-type": "application/json" },
      body: {
        contents: [{ role: "user", parts: [{ text: "A cat" }] }],
        generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
      },
      ignored: [],
    });
  });

  test("inputs come before the prompt", async () => {
    const { url, body } = await sent(googleImages, { inputs: [PNG, JPEG] }, ROUTE);
    expect(url).toBe(URL_OF_DEFAULT);
    expect(body).toMatchObject({
      contents: [
        {
          role: "user",
          parts: [
            { inlineData: { mimeType: "image/png", data: PNG_BASE64 } },
            { inlineData: { mimeType: "image/jpeg", data: JPEG_BASE64 } },
            { text: "A cat" },
          ],
        },
      ],
    });
  });

  test.each<[ImageHints, object | undefined]>([
    [{ aspectRatio: "16:9" }, { aspectRatio: "16:9" }],
    [{ resolution: "1K" }, { imageSize: "1K" }],
    [
      { aspectRatio: "4:5", resolution: "4K" },
      { aspectRatio: "4:5", imageSize: "4K" },
    ],
    [{ size: "1024x1024" }, { aspectRatio: "1:1" }],
    [{ size: "1024x1536" }, { aspectRatio: "2:3", imageSize: "2K" }],
    [{ size: "1536x1024" }, { aspectRatio: "3:2", imageSize: "2K" }],
    [{ size: "1024x1792" }, { aspectRatio: "9:16", imageSize: "2K" }],
    [{ size: "1792x1024" }, { aspectRatio: "16:9", imageSize: "2K" }],
    [{ size: "3840x2160" }, { aspectRatio: "16:9", imageSize: "4K" }],
    [
      { size: "2048x2048", aspectRatio: "21:9", resolution: "1K" },
      { aspectRatio: "21:9", imageSize: "1K" },
    ],
    [{ size: "banana" }, undefined],
  ])("%j → imageConfig %j", async (hints, imageConfig) => {
    const { body, ignored } = await sent(googleImages, { hints }, ROUTE);
    expect(body).toMatchObject({
      generationConfig: { responseModalities: ["TEXT", "IMAGE"], ...(imageConfig && { imageConfig }) },
    });
    if (!imageConfig) expect(JSON.stringify(body)).not.toContain("imageConfig");
    expect(ignored).toEqual([]);
  });

  test("Gemini 2.5 is told no resolution", async () => {
    const route = imageRouteTo("google", { model: "gemini-2.5-flash-image" });
    const { body } = await sent(googleImages, { hints: { size: "3840x2160" } }, route);
    expect(body).toMatchObject({ generationConfig: { imageConfig: { aspectRatio: "16:9" } } });
    expect(JSON.stringify(body)).not.toContain("imageSize");
  });

  test("what Gemini has no member for", async () => {
    const hints: ImageHints = { quality: "high", outputFormat: "png", background: "opaque", moderation: "low" };
    expect((await sent(googleImages, { hints }, ROUTE)).ignored).toEqual([
      { key: "quality", value: "high" },
      { key: "outputFormat", value: "png" },
      { key: "background", value: "opaque" },
      { key: "moderation", value: "low" },
    ]);
  });
});

describe("read", () => {
  test("pictures among words, and usage", () => {
    const json = {
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "Here it is." },
              { inlineData: { mimeType: "image/png", data: "$spilled:0" } },
              { inline_data: { mime_type: "image/jpeg", data: "/9j/" } },
            ],
          },
          finishReason: "STOP",
        },
      ],
      usageMetadata: { promptTokenCount: 6, candidatesTokenCount: 1290, totalTokenCount: 1296 },
    };
    expect(read(json)).toEqual({
      pictures: [{ base64: "$spilled:0" }, { base64: "/9j/" }],
      usage: { inputTokens: 6, outputTokens: 1290, totalTokens: 1296 },
    });
  });

  test("a sketch on the way is not the picture", () => {
    const parts = [
      { thought: true, inlineData: { mimeType: "image/png", data: "AAAA" } },
      { inlineData: { mimeType: "image/png", data: "BBBB" } },
    ];
    expect(read({ candidates: [{ content: { parts } }] })).toEqual({ pictures: [{ base64: "BBBB" }] });
  });

  test.each([
    [
      "the prompt is blocked",
      { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } },
      "The prompt was blocked (PROHIBITED_CONTENT).",
    ],
    [
      "the picture is blocked",
      { candidates: [{ finishReason: "IMAGE_SAFETY" }] },
      "The picture was blocked (IMAGE_SAFETY).",
    ],
    [
      "the picture is blocked, with a reason",
      { candidates: [{ finishReason: "IMAGE_PROHIBITED_CONTENT", finishMessage: "Unable to show that person." }] },
      "Unable to show that person.",
    ],
    [
      "words alone",
      { candidates: [{ content: { parts: [{ text: "I can't " }, { text: "draw that." }] }, finishReason: "STOP" }] },
      "I can't draw that.",
    ],
  ])("%s: a refusal", (_, json, refusal) => {
    expect(read(json)).toEqual({ pictures: [], refusal });
  });

  test("an error inside a 200", () => {
    const error = { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" };
    expect(read({ error })).toEqual({ failure: error });
  });

  test("nothing at all is left to the engine", () => {
    expect(read({})).toEqual({ pictures: [] });
    expect(read({ candidates: [{ finishReason: "NO_IMAGE", content: {} }] })).toEqual({ pictures: [] });
  });

  test("what is no answer is not understood", () => {
    expect(() => read({ candidates: [{ content: { parts: "none" } }] })).toThrow("The answer cannot be understood");
  });
});
