import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { comfySetup } from "../../../src/config/comfy.ts";
import { comfyParams } from "../../../src/config/comfy-workflow.ts";
import { imageRoute } from "../../../src/engine/route.ts";
import { comfyImages } from "../../../src/protocols/comfy-images.ts";
import { failureInside } from "../../../src/protocols/failure.ts";
import type { ImageRoute } from "../../../src/protocols/image-wire.ts";
import { FaultServer, respond, type Seen } from "../../hazards/fault-server.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { make, PIXEL, refuse } from "../../support/image-flow.ts";
import { asked, formParts, PNG, sent } from "../../support/images.ts";
import { loaded, NOTHING, only, select, withEnv } from "../engine/selection.ts";

const WORKFLOW = {
  "6": { class_type: "CLIPTextEncode", inputs: { text: "", clip: ["4", 1] } },
  "7": { class_type: "LoadImage", inputs: { image: "example.png" } },
  "9": { class_type: "SaveImage", inputs: { images: ["8", 0] } },
};
const PROMPTED = { ...WORKFLOW, "6": { class_type: "CLIPTextEncode", inputs: { text: "A cat", clip: ["4", 1] } } };
const NODES = { promptNodeId: "6", inputImageNodeId: "7" };
const CLOUD_ENV = { COMFY_API_KEY: "comfyui-1" };

const { route: ROW } = imageRoute(await only({ service: "image", provider: "comfy" }, NOTHING));
const LOCAL: ImageRoute = { ...ROW, params: { workflow: WORKFLOW, ...NODES } };
const CLOUD: ImageRoute = {
  ...ROW,
  baseUrl: "https://cloud.comfy.org",
  params: { ...LOCAL.params, mode: "cloud", apiKey: "comfyui-1", pollIntervalMs: 3000 },
};

const at = (route: ImageRoute, path: string) => [route, new URL(route.baseUrl + path)] as const;
const history = (json: unknown, route = LOCAL) => comfyImages.read(json, ...at(route, "/history/p1"));
const view = (query: string) => ({ url: `http://127.0.0.1:8188/view?${query}`, own: true });
const said = (failure: unknown) => failureInside(failure, 200).message;

describe("build", () => {
  test("the workflow with the prompt in it; the rest is the workflow's business", async () => {
    expect(await sent(comfyImages, { hints: { size: "1024x1024" } }, LOCAL)).toEqual({
      method: "POST",
      url: "http://127.0.0.1:8188/prompt",
      headers: { "content-type": "application/json" },
      body: { prompt: PROMPTED },
      ignored: [{ key: "size", value: "1024x1024" }],
    });
    expect(WORKFLOW["6"].inputs.text).toBe("");
  });

  test("an input by another name", async () => {
    const route = { ...LOCAL, params: { ...LOCAL.params, promptInputName: "string" } };
    const { body } = await sent(comfyImages, {}, route);
    expect(body).toMatchObject({ prompt: { "6": { inputs: { text: "", string: "A cat" } } } });
  });

  test.each(["https://cloud.comfy.org", "https://cloud.comfy.org/api/"])("the cloud at %s", async (baseUrl) => {
    const { url, body } = await sent(comfyImages, {}, { ...CLOUD, baseUrl });
    expect(url).toBe("https://cloud.comfy.org/api/prompt");
    expect(body).toEqual({ prompt: PROMPTED, extra_data: { api_key_comfy_org: "comfyui-1" } });
  });

  test.each([
    [LOCAL, "http://127.0.0.1:8188/upload/image"],
    [CLOUD, "https://cloud.comfy.org/api/upload/image"],
  ])("%#: a picture to change is uploaded first", async (route, url) => {
    const [upload, ...others] = comfyImages.first?.(asked({ inputs: [PNG] }), route) ?? [];
    if (!upload || others.length > 0) throw new Error("not one upload");
    expect([upload.method, upload.url]).toEqual(["POST", url]);
    expect(await formParts(upload)).toEqual([
      { name: "image", value: "png bytes", filename: "picture.png", mimeType: "image/png" },
      { name: "type", value: "input" },
      { name: "overwrite", value: "true" },
    ]);
    expect(comfyImages.first?.(asked(), route)).toEqual([]);
  });

  test.each([
    [{ name: "picture.png", subfolder: "", type: "input" }, "picture.png"],
    [{ name: "picture (1).png", subfolder: "mine", type: "input" }, "mine/picture (1).png"],
    [{ filename: "abc.png", name: "picture.png" }, "abc.png"],
  ])("and named in the workflow: %j", (answer, name) => {
    const { request } = comfyImages.build(asked({ inputs: [PNG] }), LOCAL, [answer]);
    const { prompt } = JSON.parse(String(request.body)) as { prompt: typeof WORKFLOW };
    expect(prompt["7"].inputs).toEqual({ image: name });
  });

  test("an upload without a name", () => {
    expect(() => comfyImages.build(asked({ inputs: [PNG] }), LOCAL, [{}])).toThrow("the upload has no name");
  });
});

describe("read", () => {
  test("the answer to a submission", () => {
    const submitted = { prompt_id: "p1", number: 3, node_errors: {} };
    expect(comfyImages.read(submitted, ...at(LOCAL, "/prompt"))).toEqual({
      next: { request: { method: "GET", url: "http://127.0.0.1:8188/history/p1", headers: {} }, afterMs: 1500 },
    });
    expect(comfyImages.read(submitted, ...at(CLOUD, "/api/prompt")).next).toEqual({
      request: { method: "GET", url: "https://cloud.comfy.org/api/job/p1/status", headers: {} },
      afterMs: 3000,
    });
    expect(() => comfyImages.read({}, ...at(LOCAL, "/prompt"))).toThrow("it has no prompt_id");
  });

  const NODE_ERRORS = {
    "4": {
      class_type: "CheckpointLoaderSimple",
      dependent_outputs: ["9"],
      errors: [{ type: "value_not_in_list", message: "Value not in list", details: "ckpt_name: 'x' not in []" }],
    },
  };
  const NODE_WORDS = "node 4 (CheckpointLoaderSimple): Value not in list: ckpt_name: 'x' not in []";

  test("nodes that are not valid", () => {
    const failed = comfyImages.read({ node_errors: NODE_ERRORS }, ...at(LOCAL, "/prompt"));
    expect(said(failed.failure)).toBe(NODE_WORDS);
  });

  test("count when the wanted output is among them", () => {
    const answer = { prompt_id: "p1", node_errors: NODE_ERRORS };
    const wanting = (outputNodeId: string) => ({ ...LOCAL, params: { ...LOCAL.params, outputNodeId } });
    expect(said(comfyImages.read(answer, ...at(wanting("9"), "/prompt")).failure)).toBe(NODE_WORDS);
    expect(comfyImages.read(answer, ...at(wanting("12"), "/prompt")).next).toBeDefined();
  });

  test("a local history that has nothing yet", () => {
    for (const json of [{}, { p1: { outputs: {} } }, { other: { outputs: { "9": {} } } }]) {
      expect(history(json)).toEqual({
        next: { request: { method: "GET", url: "http://127.0.0.1:8188/history/p1", headers: {} }, afterMs: 1500 },
      });
    }
  });

  const OUTPUTS = {
    "9": { images: [{ filename: "a b.png", subfolder: "x", type: "output" }] },
    "12": { images: [{ filename: "p.png", subfolder: "", type: "temp" }], text: ["said"] },
    "13": { gifs: [{ filename: "m.mp4", subfolder: "", type: "output" }] },
  };

  test("the pictures of every node, or of the one that is wanted", () => {
    const all = [view("filename=a+b.png&subfolder=x&type=output"), view("filename=p.png&subfolder=&type=temp")];
    expect(history({ p1: { outputs: OUTPUTS } })).toEqual({ pictures: all } as never);
    const wanting = { ...LOCAL, params: { ...LOCAL.params, outputNodeId: "12" } };
    expect(history({ outputs: OUTPUTS }, wanting)).toEqual({ pictures: all.slice(1) } as never);
  });

  test.each([
    { p1: { outputs: {}, status: { status_str: "success", completed: true, messages: [] } } },
    { p1: { outputs: { "13": OUTPUTS["13"] } } },
  ])("an end without pictures: %j", (json) => {
    expect(history(json)).toEqual({ pictures: [] });
  });

  test("an error while it ran", () => {
    const messages = [
      ["execution_start", { prompt_id: "p1", timestamp: 1 }],
      [
        "execution_error",
        {
          prompt_id: "p1",
          node_id: "3",
          node_type: "KSampler",
          executed: [],
          exception_message: "CUDA out of memory\n",
          exception_type: "torch.OutOfMemoryError",
          traceback: [],
        },
      ],
    ];
    const status = { status_str: "error", completed: false, messages };
    expect(said(history({ p1: { outputs: {}, status } }).failure)).toBe("node 3 (KSampler): CUDA out of memory");
    const stopped = [["execution_interrupted", { node_id: "3", node_type: "KSampler", executed: [] }]];
    expect(said(history({ p1: { outputs: {}, status: { ...status, messages: stopped } } }).failure)).toBe(
      "node 3 (KSampler): was interrupted",
    );
    expect(said(history({ p1: { outputs: {}, status: { status_str: "error" } } }).failure)).toBe(
      "The workflow failed.",
    );
  });

  describe("the cloud", () => {
    const status = (json: unknown) => comfyImages.read(json, ...at(CLOUD, "/api/job/p1/status"));
    const next = (path: string) => ({ method: "GET", url: `https://cloud.comfy.org${path}`, headers: {} }) as const;

    test("tells the state of a job, and then the history", () => {
      expect(status({ status: "in_progress" })).toEqual({
        next: { request: next("/api/job/p1/status"), afterMs: 3000, state: "in_progress" },
      });
      expect(status({ status: "completed" }).next?.request).toEqual(next("/api/history_v2/p1"));
    });

    test.each([
      [{ status: "failed", error: "Node 3 failed", message: "x" }, "Node 3 failed"],
      [{ status: "error", error_message: "Out of credits" }, "Out of credits"],
      [{ status: "cancelled", message: "By you" }, "By you"],
      [{ status: "cancelled" }, "The workflow ended as cancelled."],
    ])("%j", (json, expected) => {
      expect(said(status(json).failure)).toBe(expected);
    });

    test("pictures, and a history without any", () => {
      const read = (json: unknown) => comfyImages.read(json, ...at(CLOUD, "/api/history_v2/p1"));
      expect(read({ p1: { outputs: { "9": { images: [{ name: "h.png" }] } } } }).pictures).toEqual([
        { url: "https://cloud.comfy.org/api/view?filename=h.png&subfolder=&type=output", own: true },
      ]);
      expect(read({})).toEqual({ pictures: [] });
    });
  });
});

const plugin = (config: object) => ({ plugins: { entries: { comfy: { config } } } });
const IMAGE = { workflow: WORKFLOW, ...NODES };

describe("the config", () => {
  const ROW_PARTS = { id: "comfy", image: { timeoutMs: 300_000 } };
  const setup = (config: unknown) => comfySetup(ROW_PARTS, loaded(config));
  const params = (config: unknown, edits = false, key?: string) =>
    comfyParams({ env: {}, cwd: "/nowhere" }, setup(config) ?? {}, { edits, key });

  test("is ComfyUI's alone, and none is none", () => {
    expect(setup({})).toBeUndefined();
    expect(comfySetup({ id: "fal" }, loaded(plugin({ image: IMAGE })))).toBeUndefined();
  });

  test("a local server needs no key, and is sent none", () => {
    expect(setup(plugin({ baseUrl: "http://box:8188", apiKey: "k", image: { ...IMAGE, timeoutMs: 9000 } }))).toEqual({
      configPath: "plugins.entries.comfy.config",
      params: expect.anything(),
      env: [],
      ambientEnv: [],
      keyless: true,
      baseUrl: "http://box:8188",
      hasOwnBaseUrl: true,
      image: { timeoutMs: 9000 },
    });
  });

  test("the cloud does", () => {
    expect(setup(plugin({ mode: "cloud", apiKey: "k", image: IMAGE }))).toEqual({
      configPath: "plugins.entries.comfy.config",
      params: expect.anything(),
      env: ["COMFY_API_KEY", "COMFY_CLOUD_API_KEY"],
      ambientEnv: [],
      baseUrl: "https://cloud.comfy.org",
      isMoved: true,
      apiKey: { value: "k", place: "plugins.entries.comfy.config.apiKey" },
    });
  });

  test("what is shared, what is under image, and the flat form of old", async () => {
    const nested = await params(plugin({ mode: "local", promptNodeId: "99", image: IMAGE }));
    const flat = await params(plugin(IMAGE));
    const own = await params({ models: { providers: { comfy: { params: IMAGE } } } });
    for (const found of [nested, flat, own]) expect(found).toMatchObject({ workflow: WORKFLOW, promptNodeId: "6" });
    expect(await params(plugin({ image: { ...IMAGE, promptNodeId: 6 } }))).toMatchObject({ promptNodeId: "6" });
    expect(await params(plugin({ mode: "cloud", ...IMAGE }), false, "k")).toMatchObject({ mode: "cloud", apiKey: "k" });
  });

  test.each([
    [
      { image: { promptNodeId: "6" } },
      "image.workflowPath: missing: ComfyUI makes pictures with a workflow of your own.",
    ],
    [
      { image: { workflow: WORKFLOW } },
      "image.promptNodeId: missing: it says which node of the workflow takes the prompt.",
    ],
    [{ image: { ...IMAGE, promptNodeId: [] } }, "image.promptNodeId: expected a node's id, received an array."],
    [{ mode: "remote", image: IMAGE }, 'mode: expected one of "local", "cloud", received another string.'],
    [{ pollIntervalMs: 0, image: IMAGE }, "pollIntervalMs: expected a whole number above 0, received 0."],
    [{ image: { ...IMAGE, promptNodeId: "5" } }, 'image.promptNodeId: the workflow has no node "5".'],
    [{ ...IMAGE, outputNodeId: "5" }, 'outputNodeId: the workflow has no node "5".'],
    [{ image: { ...IMAGE, workflow: { "6": {} } } }, 'image.promptNodeId: node "6" of the workflow has no inputs.'],
    [{ image: { ...IMAGE, workflow: { nodes: [], links: [] } } }, "image.workflow: it is the editor's own format."],
    [{ image: { ...IMAGE, workflow: 7 } }, "image.workflow: expected a workflow or the path of one."],
    [
      { image: { ...IMAGE, workflow: undefined, workflowPath: "w.json" } },
      "image.workflowPath: there is no file /home/me/w.json and /nowhere/w.json.",
    ],
  ])("%j", async (config, message) => {
    const error = await rejection(params(plugin(config)));
    expect([error.type, error.message]).toEqual([
      "usage",
      `Config /home/me/openclaw.json is not valid: plugins.entries.comfy.config.${message}`,
    ]);
  });

  test("an edit wants a node for the picture", async () => {
    const config = { models: { providers: { comfy: { params: { workflow: WORKFLOW, promptNodeId: "6" } } } } };
    expect((await params(config)).promptNodeId).toBe("6");
    expect((await rejection(params(config, true))).message).toStartWith(
      "Config /home/me/openclaw.json is not valid: models.providers.comfy.params.image.inputImageNodeId: missing",
    );
  });

  test("the cloud wants a key", async () => {
    const error = await rejection(params(plugin({ mode: "cloud", image: IMAGE })));
    expect([error.type, error.message]).toEqual([
      "auth",
      "No key for Comfy Cloud: set COMFY_API_KEY or COMFY_CLOUD_API_KEY.",
    ]);
  });

  test("a file beside the config, or in the working directory", async () => {
    using folder = new TemporaryFolder();
    await writeFile(folder.file("w.json"), `\uFEFF${JSON.stringify(WORKFLOW)}`);
    await writeFile(folder.file("bad.json"), "{");
    await writeFile(folder.file("list.json"), "[]");
    const read = (workflowPath: string, home: string, cwd: string) =>
      comfyParams(
        { env: { HOME: folder.path }, cwd },
        { params: { configFile: `${home}/openclaw.json`, image: { workflowPath, promptNodeId: "6" } } },
        { edits: false, key: undefined },
      );
    for (const found of [
      await read("./w.json", folder.path, "/nowhere"),
      await read("./w.json", "/nowhere", folder.path),
      await read("~/w.json", "/nowhere", "/nowhere"),
      await read(folder.file("w.json"), "/nowhere", "/nowhere"),
    ]) {
      expect(found.workflow).toEqual(WORKFLOW);
    }
    const place = `Config ${folder.file("openclaw.json")} is not valid: plugins.entries.comfy.config.image.workflowPath`;
    expect((await rejection(read("bad.json", folder.path, "/"))).message).toStartWith(
      `${place}: ${folder.file("bad.json")} is not JSON: `,
    );
    expect((await rejection(read("list.json", folder.path, "/"))).message).toStartWith(
      `${place}: ${folder.file("list.json")} is not a workflow`,
    );
    expect((await rejection(read(".", folder.path, "/"))).message).toContain("is not a file");
  });

  test("neither a key alone nor nothing chooses it", async () => {
    for (const from of [withEnv(CLOUD_ENV), NOTHING]) {
      expect((await rejection(select({ service: "image" }, from))).type).toBe("auth");
    }
    expect((await refuse({ provider: "comfy", config: {} })).error.message).toBe(
      "plugins.entries.comfy.config.image.workflowPath: missing: ComfyUI makes pictures with a workflow of your own.",
    );
  });
});

describe("a whole run", () => {
  type Answers = Record<string, [number, object][]>;

  /** Answers by path, each the next of its list, and its last from then on; a picture to whoever wants to view. */
  const serve = (answers: Answers) => {
    const left = structuredClone(answers);
    return FaultServer.start((socket, { path }) => {
      if (path.startsWith("/view")) return respond(socket, 200, PIXEL);
      const list = left[path] ?? [];
      const [status, body] = (list.length > 1 ? list.shift() : list[0]) ?? [404, {}];
      respond(socket, status, JSON.stringify(body));
    });
  };
  const paths = ({ seen }: FaultServer) => seen.map(({ path }) => path);
  const bodyOf = (seen: Seen | undefined) => JSON.parse(seen?.body ?? "null") as { prompt?: object };
  const DONE = {
    p1: {
      outputs: { "9": { images: [{ filename: "a.png", subfolder: "", type: "output" }] } },
      status: { status_str: "success", completed: true, messages: [] },
    },
  };
  const local = (baseUrl: string) => ({ provider: "comfy", config: plugin({ baseUrl, image: IMAGE }) });

  test("a local server: no key goes there", async () => {
    await using comfy = await serve({
      "/prompt": [[200, { prompt_id: "p1", number: 1, node_errors: {} }]],
      "/history/p1": [
        [200, {}],
        [503, {}],
        [503, {}],
        [200, {}],
        [200, DONE],
      ],
    });
    const { bytes, pauses, pictures } = await make(local(comfy.url));
    expect(bytes).toEqual([PIXEL]);
    expect(pictures).toMatchObject([{ mimeType: "image/png", width: 1 }]);
    expect(paths(comfy)).toEqual([
      "/prompt",
      ...Array<string>(5).fill("/history/p1"),
      "/view?filename=a.png&subfolder=&type=output",
    ]);
    expect(pauses).toEqual([1500, 1500, 1500, 3000, 1500]);
    expect(bodyOf(comfy.seen[0])).toEqual({ prompt: PROMPTED });
    for (const { headers } of comfy.seen) {
      expect(Object.keys(headers)).not.toContain("authorization");
      expect(Object.keys(headers)).not.toContain("x-api-key");
    }
  });

  test("an edit: the upload, then the workflow that names it", async () => {
    await using comfy = await serve({
      "/upload/image": [[200, { name: "picture.png", subfolder: "", type: "input" }]],
      "/prompt": [[200, { prompt_id: "p1" }]],
      "/history/p1": [[200, DONE]],
    });
    const { bytes } = await make({ ...local(comfy.url), request: { inputs: [PNG] } });
    expect(bytes).toEqual([PIXEL]);
    expect(paths(comfy).slice(0, 3)).toEqual(["/upload/image", "/prompt", "/history/p1"]);
    expect(comfy.seen[0]?.body).toContain("png bytes");
    expect(bodyOf(comfy.seen[1])).toMatchObject({ prompt: { "7": { inputs: { image: "picture.png" } } } });
  });

  test("a workflow that fails is not submitted again", async () => {
    const messages = [["execution_error", { node_id: "3", node_type: "KSampler", exception_message: "No memory" }]];
    await using comfy = await serve({
      "/prompt": [[200, { prompt_id: "p1" }]],
      "/history/p1": [[200, { p1: { outputs: {}, status: { status_str: "error", messages } } }]],
    });
    const { error } = await refuse(local(comfy.url));
    expect([error.type, error.message]).toEqual(["provider_error", "node 3 (KSampler): No memory"]);
    expect(paths(comfy)).toEqual(["/prompt", "/history/p1"]);
  });

  test("a workflow that ends without a picture", async () => {
    await using comfy = await serve({
      "/prompt": [[200, { prompt_id: "p1" }]],
      "/history/p1": [[200, { p1: { outputs: {}, status: { status_str: "success", completed: true } } }]],
    });
    expect((await refuse(local(comfy.url))).error.type).toBe("empty_result");
  });

  test("a workflow that the server refuses", async () => {
    const error = { type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation" };
    await using comfy = await serve({ "/prompt": [[400, { error, node_errors: {} }]] });
    const refused = (await refuse(local(comfy.url))).error;
    expect([refused.type, refused.details.status]).toEqual(["provider_error", 400]);
    expect(refused.message).toContain("Prompt outputs failed validation");
  });

  test("a picture that cannot be fetched does not run the workflow again", async () => {
    await using comfy = await FaultServer.start((socket, { path }) => {
      if (path.startsWith("/view")) return respond(socket, 503, "busy");
      respond(socket, 200, JSON.stringify(path === "/prompt" ? { prompt_id: "p1" } : DONE));
    });
    const { error } = await refuse(local(comfy.url));
    expect([error.type, error.details.status]).toEqual(["provider_error", 503]);
    expect(paths(comfy).filter((path) => path === "/prompt")).toHaveLength(1);
  });

  test("the cloud: the key goes to it, and not to where the picture is", async () => {
    await using store = await FaultServer.start((socket) => respond(socket, 200, PIXEL));
    await using comfy = await FaultServer.start((socket, { path }) => {
      if (path.startsWith("/api/view")) return respond(socket, 302, "", { location: `${store.url}/signed.png?sig=1` });
      const answer =
        path === "/api/prompt" ? { prompt_id: "p1" } : path.endsWith("/status") ? { status: "completed" } : DONE;
      respond(socket, 200, JSON.stringify(answer));
    });
    const config = plugin({ mode: "cloud", baseUrl: comfy.url, image: IMAGE });
    const { bytes, states, context } = await make({ provider: "comfy", config, env: CLOUD_ENV });
    expect(bytes).toEqual([PIXEL]);
    expect(comfy.seen.map(({ path, headers }) => [path, headers["x-api-key"]])).toEqual([
      ["/api/prompt", "comfyui-1"],
      ["/api/job/p1/status", "comfyui-1"],
      ["/api/history_v2/p1", "comfyui-1"],
      ["/api/view?filename=a.png&subfolder=&type=output", "comfyui-1"],
    ]);
    expect(bodyOf(comfy.seen[0])).toEqual({
      prompt: PROMPTED,
      extra_data: { api_key_comfy_org: "comfyui-1" },
    } as never);
    expect(states).toEqual(["completed"]);
    expect(store.seen.map(({ path }) => path)).toEqual(["/signed.png?sig=1"]);
    expect(JSON.stringify(store.seen)).not.toContain("comfyui-1");
    expect(context.secrets).toContain("comfyui-1");
  });
});
