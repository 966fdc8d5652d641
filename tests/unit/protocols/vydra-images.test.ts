import { describe, expect, test } from "bun:test";
import { imageRoute } from "../../../src/engine/route.ts";
import { failureInside } from "../../../src/protocols/failure.ts";
import { vydraImages } from "../../../src/protocols/vydra-images.ts";
import { FaultServer, respond, type Seen } from "../../hazards/fault-server.ts";
import { make, PIXEL, refuse } from "../../support/image-flow.ts";
import { PNG, sent } from "../../support/images.ts";
import { only, refs, select, withEnv } from "../engine/selection.ts";

const ENV = { VYDRA_API_KEY: "vydra_live_1" };
const { route: ROUTE } = imageRoute(await only({ service: "image" }, withEnv(ENV)));
const POLL = "https://www.vydra.ai/api/v1/jobs/j1";
const read = (json: unknown) => vydraImages.read(json, ROUTE, new URL(ROUTE.baseUrl));
const words = (json: unknown) => failureInside(read(json).failure, 200).message;

describe("build", () => {
  test("a prompt, and nothing that Vydra has no word for", async () => {
    expect(await sent(vydraImages, { hints: { size: "1024x1024" } }, ROUTE)).toEqual({
      method: "POST",
      url: "https://www.vydra.ai/api/v1/models/grok-imagine",
      headers: { "content-type": "application/json" },
      body: { prompt: "A cat", model: "text-to-image" },
      ignored: [{ key: "size", value: "1024x1024" }],
    });
  });

  test.each([
    ["https://vydra.ai/api/v1", "https://www.vydra.ai/api/v1/models/grok-imagine"],
    ["https://vydra.ai", "https://www.vydra.ai/api/v1/models/grok-imagine"],
    ["https://www.vydra.ai/", "https://www.vydra.ai/api/v1/models/grok-imagine"],
    ["https://gateway.example/vydra/", "https://gateway.example/vydra/models/grok-imagine"],
  ])("base %s", async (baseUrl, url) => {
    expect((await sent(vydraImages, {}, { ...ROUTE, baseUrl })).url).toBe(url);
  });
});

describe("read", () => {
  test.each([
    { jobId: "j1", status: "queued" },
    { id: "j1", status: "queued" },
  ])("a job: %j", (json) => {
    expect(read(json)).toEqual({
      next: { request: { method: "GET", url: POLL, headers: {} }, afterMs: 2500, state: "queued" },
    });
  });

  test("its state, which need not say again which job it is", () => {
    const step = vydraImages.read({ status: "processing" }, ROUTE, new URL(POLL));
    expect(step.next?.request.url).toBe(POLL);
    expect(() => vydraImages.read({ status: "processing" }, ROUTE, new URL(ROUTE.baseUrl))).toThrow(
      "neither a picture nor the id of a job",
    );
  });

  test.each([
    { imageUrl: "https://cdn.example/1.png" },
    { status: "completed", imageUrls: ["https://cdn.example/1.png", "https://cdn.example/2.png"] },
    { resultUrl: " https://cdn.example/1.png " },
    { id: "j1", status: "processing", outputUrl: "https://cdn.example/1.png" },
    { url: "https://cdn.example/1.png" },
    { url: "https://cdn.example/thumb.png", imageUrl: "https://cdn.example/1.png" },
    { output: { result: [{ asset: { url: "https://cdn.example/1.png" } }] } },
    { data: [{ assets: [{ imageUrl: "https://cdn.example/1.png" }] }] },
    { output: ["https://cdn.example/1.png"] },
  ])("a picture: %j", (json) => {
    expect(read(json)).toEqual({ pictures: [{ url: "https://cdn.example/1.png" }] });
  });

  test("not what lies too deep, is no address, or has another name", () => {
    let deep: unknown = { url: "https://cdn.example/1.png" };
    for (let level = 0; level < 6; level++) deep = { output: deep };
    expect(read({ status: "completed", output: deep })).toEqual({ pictures: [] });
    expect(read({ status: "completed", imageUrl: "file:///etc/passwd", link: "https://cdn.example" })).toEqual({
      pictures: [],
    });
  });

  test.each([
    [{ id: "j1", status: "failed", message: "Failed", error: "The prompt is too long" }, "The prompt is too long"],
    [{ id: "j1", status: "ERROR", error: { message: "Out of capacity" } }, "Out of capacity"],
    [{ id: "j1", status: "failed", error: { detail: "Bad seed" } }, "Bad seed"],
    [{ id: "j1", status: "cancelled", message: "By the user" }, "By the user"],
    [{ id: "j1", status: "failed", imageUrl: "https://cdn.example/input.png" }, "The job failed."],
    [{ error: "No such model" }, "No such model"],
    [{ message: "No such model" }, "No such model"],
  ])("a failure: %j", (json, said) => {
    expect(words(json)).toBe(said);
  });
});

describe("a whole run", () => {
  const flow = (url: string) => ({
    provider: "vydra",
    config: { models: { providers: { vydra: { baseUrl: `${url}/api/v1` } } } },
    env: ENV,
  });
  const seenBy = ({ seen }: FaultServer) => seen.map(({ path, headers }) => [path, headers.authorization]);

  test("submits, polls through failures that pass, and fetches the picture without the key", async () => {
    await using cdn = await FaultServer.start((socket) => respond(socket, 200, PIXEL));
    const answers: [number, object][] = [
      [200, { jobId: "j1", status: "queued" }],
      [200, { status: "processing" }],
      [503, { error: "busy" }],
      [503, { error: "busy" }],
      [200, { status: "completed", output: { imageUrl: `${cdn.url}/1.png` } }],
    ];
    await using vydra = await FaultServer.start((socket, _, count) => {
      const [status, body] = answers[count - 1] ?? [500, {}];
      respond(socket, status, JSON.stringify(body));
    });
    const { bytes, pauses, states } = await make(flow(vydra.url));
    expect(bytes).toEqual([PIXEL]);
    const poll = ["/api/v1/jobs/j1", "Bearer vydra_live_1"];
    expect(seenBy(vydra)).toEqual([["/api/v1/models/grok-imagine", "Bearer vydra_live_1"], poll, poll, poll, poll]);
    expect(pauses).toEqual([2500, 2500, 2500, 5000]);
    expect(states).toEqual(["queued", "processing"]);
    expect(seenBy(cdn)).toEqual([["/1.png", undefined]]);
  });

  test("a picture at once", async () => {
    await using cdn = await FaultServer.start((socket) => respond(socket, 200, PIXEL));
    await using vydra = await FaultServer.start((socket) =>
      respond(socket, 200, JSON.stringify({ imageUrl: cdn.url })),
    );
    const { bytes, pauses } = await make(flow(vydra.url));
    expect([bytes, pauses, vydra.seen.length]).toEqual([[PIXEL], [], 1]);
  });

  const jobThat = (end: object) =>
    FaultServer.start((socket, seen: Seen) => {
      const body = seen.path.includes("/jobs/") ? end : { id: "j1", status: "queued" };
      respond(socket, 200, JSON.stringify(body));
    });

  test("a job that fails is not submitted again", async () => {
    await using vydra = await jobThat({ id: "j1", status: "failed", error: "Server overloaded" });
    const { error } = await refuse(flow(vydra.url));
    expect([error.type, error.message]).toEqual(["provider_error", "Server overloaded"]);
    expect(vydra.seen).toHaveLength(2);
  });

  test("a job that ends without a picture", async () => {
    await using vydra = await jobThat({ id: "j1", status: "completed" });
    expect((await refuse(flow(vydra.url))).error.type).toBe("empty_result");
  });

  test("a job whose state can never be read is given up, and not submitted again", async () => {
    await using vydra = await FaultServer.start((socket, { path }) =>
      path.includes("/jobs/") ? respond(socket, 503, "{}") : respond(socket, 200, '{"id":"j1"}'),
    );
    const { error } = await refuse(flow(vydra.url));
    expect([error.type, error.details.status]).toEqual(["provider_error", 503]);
    expect(vydra.seen.filter(({ path }) => path.includes("/models/"))).toHaveLength(1);
  });

  test("it does not edit", async () => {
    const { error } = await refuse({ ...flow("http://127.0.0.1:9"), request: { inputs: [PNG] } });
    expect([error.type, error.message]).toEqual([
      "usage",
      "vydra/grok-imagine makes new pictures only; it cannot edit one.",
    ]);
  });
});

test("its variable chooses it", async () => {
  expect(refs(await select({ service: "image" }, withEnv(ENV)))).toEqual(["vydra/grok-imagine"]);
});
