import { describe, expect, test } from "bun:test";
import { readImages } from "../../../src/engine/pictures.ts";
import type { ImageHints } from "../../../src/protocols/image-wire.ts";
import { openaiResponsesImages } from "../../../src/protocols/openai-responses-images.ts";
import { rejection } from "../../support/failure.ts";
import { imageRouteTo, PNG, PNG_BASE64, sent } from "../../support/images.ts";

const ROUTE = imageRouteTo("openai-codex");
const BODY = {
  model: "gpt-5.5",
  input: [{ role: "user", content: [{ type: "input_text", text: "A cat" }] }],
  instructions: "You are an image generation assistant.",
  tools: [{ type: "image_generation", model: "gpt-image-2", size: "1024x1024" }],
  tool_choice: { type: "image_generation" },
  stream: true,
  store: false,
};
const read = (json: unknown) => openaiResponsesImages.read(json, ROUTE, new URL(ROUTE.baseUrl));
const CALL = { type: "image_generation_call", id: "ig_1", status: "completed", result: "AAAA" };
const message = (...content: object[]) => ({ type: "message", role: "assistant", content });

describe("build", () => {
  test("the tool is the only choice of the model that carries it", async () => {
    expect(await sent(openaiResponsesImages, {}, ROUTE)).toEqual({
      method: "POST",
      url: "https://chatgpt.com/backend-api/codex/responses",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: BODY,
      ignored: [],
    });
    expect(openaiResponsesImages.framing).toBe("sse");
  });

  test("hints are the tool's", async () => {
    const hints: ImageHints = { size: "2048x1152", quality: "high", outputFormat: "jpeg", background: "opaque" };
    const { body, ignored } = await sent(openaiResponsesImages, { hints: { ...hints, moderation: "low" } }, ROUTE);
    expect(body).toEqual({
      ...BODY,
      tools: [
        {
          type: "image_generation",
          model: "gpt-image-2",
          size: "2048x1152",
          quality: "high",
          output_format: "jpeg",
          background: "opaque",
        },
      ],
    });
    expect(ignored).toEqual([{ key: "moderation", value: "low" }]);
  });

  test("inputs are in the message", async () => {
    const { body, headers } = await sent(openaiResponsesImages, { inputs: [PNG] }, ROUTE);
    expect(headers).toEqual({ "content-type": "application/json", accept: "text/event-stream" });
    expect(body).toEqual({
      ...BODY,
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "A cat" },
            { type: "input_image", image_url: `data:image/png;base64,${PNG_BASE64}`, detail: "auto" },
          ],
        },
      ],
    });
  });

  test("a transparent background is made by gpt-image-1.5", async () => {
    const { body, model } = await sent(openaiResponsesImages, { hints: { background: "transparent" } }, ROUTE);
    expect(body).toMatchObject({ model: "gpt-5.5", tools: [{ model: "gpt-image-1.5", background: "transparent" }] });
    expect(model).toBe("gpt-image-1.5");
  });
});

describe("read, of a stream", () => {
  test("the picture, as it is done", () => {
    const item = { ...CALL, revised_prompt: "A black cat" };
    expect(read({ type: "response.output_item.done", output_index: 0, item })).toEqual({
      pictures: [{ base64: "AAAA", revisedPrompt: "A black cat" }],
    });
  });

  test("the end repeats it, and tells the usage", () => {
    const response = {
      status: "completed",
      output: [{ type: "reasoning" }, CALL],
      usage: { input_tokens: 20, output_tokens: 30, total_tokens: 50 },
    };
    expect(read({ type: "response.completed", response })).toEqual({
      wholePictures: [{ base64: "AAAA" }],
      ended: true,
      usage: { inputTokens: 20, outputTokens: 30, totalTokens: 50 },
    });
    expect(read({ type: "response.completed", response: { output: [] } })).toEqual({ wholePictures: [], ended: true });
  });

  test("words beside a picture are a refusal only when there is none", () => {
    const item = message({ type: "output_text", text: "I cannot draw that." });
    expect(read({ type: "response.output_item.done", item })).toEqual({
      pictures: [],
      wholeRefusal: "I cannot draw that.",
    });
    const refused = message({ type: "refusal", refusal: "No." });
    expect(read({ type: "response.completed", response: { output: [refused] } })).toEqual({
      wholePictures: [],
      ended: true,
      wholeRefusal: "No.",
    });
    const incomplete_details = { reason: "content_filter" };
    expect(read({ type: "response.incomplete", response: { status: "incomplete", incomplete_details } })).toEqual({
      wholePictures: [],
      ended: true,
      wholeRefusal: "The picture was blocked (content_filter).",
    });
  });

  test.each([
    [{ type: "response.created", response: { status: "in_progress" } }],
    [{ type: "response.image_generation_call.in_progress", item_id: "ig_1" }],
    [{ type: "response.image_generation_call.partial_image", partial_image_b64: "BBBB" }],
    [{ type: "response.output_item.added", item: { type: "image_generation_call", status: "in_progress" } }],
  ])("%j adds nothing", (event) => {
    expect(read(event)).toEqual({});
  });

  test("a call that failed has no picture", () => {
    const item = { ...CALL, status: "failed", result: null };
    expect(read({ type: "response.output_item.done", item })).toEqual({ pictures: [] });
  });

  test("errors, wherever they are", () => {
    const error = { code: "moderation_blocked", message: "Your request was rejected by the safety system." };
    expect(read({ type: "response.failed", response: { status: "failed", error } })).toEqual({ failure: error });
    expect(read({ type: "error", error })).toEqual({ failure: error });
    expect(read({ type: "error", code: "server_error", message: "Oops" })).toEqual({
      failure: { type: "error", code: "server_error", message: "Oops" },
    });
    expect(read({ error })).toEqual({ failure: error });
    expect(read({ type: "response.failed", response: { status: "failed" } })).toEqual({
      failure: { message: "The response failed, and no reason was given." },
    });
  });
});

describe("a stream", () => {
  const follow = async (...events: string[]) => {
    await using litter = new AsyncDisposableStack();
    const body = new Response(events.map((data) => `data: ${data}\n\n`).join("")).body;
    if (!body) throw new Error("no body");
    const headers = new Headers({ "content-type": "text/event-stream" });
    const reply = { status: 200, headers, url: new URL(ROUTE.baseUrl), body };
    return await readImages(openaiResponsesImages, ROUTE, reply, { folder: "/nowhere", litter });
  };
  const created = JSON.stringify({ type: "response.created" });
  const done = JSON.stringify({ type: "response.output_item.done", item: CALL });

  test("that ends before its end has broken off, unless the picture has come", async () => {
    for (const events of [[], [created]]) {
      const error = await rejection(follow(...events));
      expect([error.type, error.retryable]).toEqual(["network", true]);
      expect(error.message).toContain("broke off");
    }
    expect((await follow(created, done)).pictures).toEqual([{ base64: "AAAA" }]);
  });

  test("that ends as it should without a picture is empty", async () => {
    const completed = JSON.stringify({ type: "response.completed", response: { output: [] } });
    for (const end of [completed, "[DONE]", JSON.stringify({ status: "completed", output: [] })]) {
      expect((await follow(created, end)).pictures).toEqual([]);
    }
  });
});

describe("read, of a whole answer", () => {
  test("is a response like the last one of a stream", () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    expect(read({ id: "resp_1", status: "completed", output: [CALL], usage })).toEqual({
      pictures: [{ base64: "AAAA" }],
      ended: true,
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    });
    expect(read({ output: [message({ type: "output_text", text: "I cannot." })] })).toEqual({
      pictures: [],
      ended: true,
      refusal: "I cannot.",
    });
  });

  test.each([[{}], [[]], [null], [{ hello: "world" }]])("%j is none", (json) => {
    expect(() => read(json)).toThrow("The answer cannot be understood");
  });
});
