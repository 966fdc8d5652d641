import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import { minimaxImages } from "../../../src/protocols/minimax-images.ts";
import { imageRouteTo, PNG, PNG_BASE64, sent } from "../../support/images.ts";

const ROUTE = imageRouteTo("minimax");
const BODY = { model: "image-01", prompt: "A cat", response_format: "base64", n: 1 };
const read = (json: unknown) => minimaxImages.read(json, ROUTE, new URL(ROUTE.baseUrl));

describe("build", () => {
  test("a new picture, beside the address for text", async () => {
    expect(await sent(minimaxImages, {}, ROUTE)).toEqual({
      method: "POST",
      url: "https://api.minimax.io/v1/image_generation",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test.each([
    ["https://api.minimaxi.com/anthropic", "https://api.minimaxi.com/v1/image_generation"],
    ["https://api.minimax.io/anthropic/v1/", "https://api.minimax.io/v1/image_generation"],
    ["https://api.minimax.io/v1", "https://api.minimax.io/v1/image_generation"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/image_generation"],
  ])("%s is a base for text", async (baseUrl, url) => {
    expect((await sent(minimaxImages, {}, imageRouteTo("minimax-portal", { baseUrl }))).url).toBe(url);
  });

  test("a shape, and what MiniMax has no member for", async () => {
    const hints = { aspectRatio: "21:9", size: "1024x1024", resolution: "1K" } as const;
    const { body, ignored } = await sent(minimaxImages, { count: 9, hints }, ROUTE);
    expect(body).toEqual({ ...BODY, n: 9, aspect_ratio: "21:9" });
    expect(ignored).toEqual([
      { key: "size", value: "1024x1024" },
      { key: "resolution", value: "1K" },
    ]);
  });

  test("an input is a character to go by", async () => {
    const { url, body } = await sent(minimaxImages, { inputs: [PNG] }, ROUTE);
    expect(url).toBe("https://api.minimax.io/v1/image_generation");
    expect(body).toEqual({
      ...BODY,
      subject_reference: [{ type: "character", image_file: `data:image/png;base64,${PNG_BASE64}` }],
    });
  });
});

describe("read", () => {
  const fine = { base_resp: { status_code: 0, status_msg: "success" } };

  test("pictures", () => {
    const data = { image_base64: ["$spilled:0", "/9j/"] };
    expect(read({ id: "1", data, metadata: { success_count: 2, failed_count: 0 }, ...fine })).toEqual({
      pictures: [{ base64: "$spilled:0" }, { base64: "/9j/" }],
    });
    expect(read({ data: { image_urls: ["https://cdn.example.com/1.jpg"] }, ...fine })).toEqual({
      pictures: [{ url: "https://cdn.example.com/1.jpg" }],
    });
  });

  test("pictures that were all held back are a refusal, some of them are not", () => {
    const metadata = { success_count: "0", failed_count: "2" };
    expect(read({ data: {}, metadata, ...fine })).toEqual({
      pictures: [],
      refusal: "2 of the pictures did not pass MiniMax's check of contents.",
    });
    expect(read({ data: { image_base64: ["/9j/"] }, metadata, ...fine })).toEqual({ pictures: [{ base64: "/9j/" }] });
  });

  test("nothing at all is left to the engine", () => {
    expect(read({ data: null, metadata: null, ...fine })).toEqual({ pictures: [] });
  });

  test.each([
    [1002, "rate limit", "rate_limited", true],
    [1004, "login fail", "auth", false],
    [2049, "invalid api key", "auth", false],
    [1008, "insufficient balance", "rate_limited", false],
    [2056, "usage limit exceeded", "rate_limited", false],
    [1026, "input new_sensitive", "refused", false],
    [1027, "output new_sensitive", "refused", false],
    [2013, "invalid params", "provider_error", false],
    [1000, "unknown error", "provider_error", true],
  ] as const)("status_code %d inside a 200 is an error: %s", (status_code, status_msg, type, retryable) => {
    const { failure, pictures } = read({ base_resp: { status_code, status_msg } });
    const error = failureInside(failure, 200);
    expect({ type: error.type, message: error.message, retryable: error.retryable, pictures }).toEqual({
      type,
      message: status_msg,
      retryable,
      pictures: undefined,
    });
  });
});
