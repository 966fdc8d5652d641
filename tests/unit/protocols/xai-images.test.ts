import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import { xaiImages } from "../../../src/protocols/xai-images.ts";
import { imageRouteTo, JPEG, JPEG_BASE64, PNG, PNG_BASE64, sent } from "../../support/images.ts";

const ROUTE = imageRouteTo("xai");
const BODY = { model: "grok-imagine-image", prompt: "A cat", n: 1, response_format: "b64_json" };
const read = (json: unknown) => xaiImages.read(json, ROUTE, new URL(ROUTE.baseUrl));

describe("build", () => {
  test("a new picture, in base64", async () => {
    expect(await sent(xaiImages, {}, ROUTE)).toEqual({
      method: "POST",
      url: "https://api.x.ai/v1/images/generations",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test("a shape, the resolution in lower case, and what xAI has no word for", async () => {
    const { body, ignored } = await sent(
      xaiImages,
      {
        count: 4,
        hints: { aspectRatio: "16:9", resolution: "2K", size: "1024x1024", quality: "high", moderation: "low" },
      },
      ROUTE,
    );
    expect(body).toEqual({ ...BODY, n: 4, aspect_ratio: "16:9", resolution: "2k" });
    expect(ignored).toEqual([
      { key: "size", value: "1024x1024" },
      { key: "quality", value: "high" },
      { key: "moderation", value: "low" },
    ]);
  });

  test("one input is `image`, several are `images`, and all of it is JSON", async () => {
    const one = await sent(xaiImages, { inputs: [PNG] }, ROUTE);
    const png = { url: `data:image/png;base64,${PNG_BASE64}`, type: "image_url" };
    expect(one).toEqual({
      method: "POST",
      url: "https://api.x.ai/v1/images/edits",
      headers: { "content-type": "application/json" },
      body: { ...BODY, image: png },
      ignored: [],
    });
    const two = await sent(xaiImages, { inputs: [PNG, JPEG] }, ROUTE);
    expect(two.body).toEqual({
      ...BODY,
      images: [png, { url: `data:image/jpeg;base64,${JPEG_BASE64}`, type: "image_url" }],
    });
  });
});

describe("read", () => {
  test("pictures; what they cost is not in tokens", () => {
    const json = {
      block_reason: null,
      data: [
        { b64_json: "$spilled:0", mime_type: "image/jpeg", revised_prompt: "", respect_moderation: true },
        { b64_json: null, url: "https://imgen.x.ai/1.png" },
      ],
      usage: { cost_in_usd_ticks: 123456789 },
    };
    expect(read(json)).toEqual({ pictures: [{ base64: "$spilled:0" }, { url: "https://imgen.x.ai/1.png" }] });
  });

  test("a picture that did not pass moderation is none", () => {
    expect(read({ data: [{ b64_json: "AAAA", respect_moderation: false }] })).toEqual({
      pictures: [],
      refusal: "The picture did not pass the provider's moderation.",
    });
    expect(read({ data: [], block_reason: "Sexual content" })).toEqual({ pictures: [], refusal: "Sexual content" });
  });

  test("an error keeps its code beside its words", () => {
    const json = { code: "Client specified an invalid argument", error: "Model not found: grok-imagine" };
    const { failure } = read(json);
    expect(failureInside(failure, 200).message).toBe("Model not found: grok-imagine");
  });
});
