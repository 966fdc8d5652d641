import { describe, expect, test } from "bun:test";
import { listVoices } from "../../../src/capabilities/voices.ts";
import { rejection } from "../../support/failure.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";
import { bareContext, type Env, loaded, only } from "../engine/selection.ts";

interface World {
  provider: string;
  answer?: (asked: Asked, count: number) => Response;
  key?: string;
  env?: Env;
}

async function list({ provider, answer = () => Response.json({}), key, env = {} }: World) {
  using server = new PictureServer(answer);
  const entry = { baseUrl: server.url, ...(key !== undefined && { apiKey: key }) };
  const context = bareContext({ fetch, sleep: async () => {} });
  const config = loaded({ tts: { providers: { [provider]: entry } } }, env);
  const candidate = await only({ service: "speech", provider }, config, context);
  const listed = listVoices(context, candidate);
  const voices = await listed.catch(() => undefined);
  return { listed, voices, asked: server.asked, report: context.report };
}

describe("a vendor with a list of its own", () => {
  const answer = () => Response.json({ voices: [{ voice_id: "v1", name: "Ada", labels: { language: "en" } }] });

  test("is asked with the key", async () => {
    const { voices, asked, report } = await list({ provider: "elevenlabs", key: "k-voices", answer });
    expect(voices).toEqual([{ id: "v1", name: "Ada", locale: "en" }]);
    expect(asked.map(({ path, headers }) => [path, headers.get("xi-api-key")])).toEqual([["/v1/voices", "k-voices"]]);
    expect(report.attempts).toMatchObject([{ provider: "elevenlabs", outcome: "success", status: 200 }]);
  });

  test("may be busy", async () => {
    const busy = (asked: number) => (asked < 3 ? new Response("busy", { status: 503 }) : answer());
    expect((await list({ provider: "elevenlabs", key: "k", answer: (_, count) => busy(count) })).voices).toHaveLength(
      1,
    );
  });

  test("comes in pages, and is read to its end", async () => {
    const page = ({ path }: Asked) => {
      const items = path.endsWith("offset=2") ? [{ id: "c" }] : [{ id: "a" }, { id: "b" }];
      return Response.json({ items, total: 3 });
    };
    const { voices } = await list({ provider: "mistral", key: "k", answer: page });
    expect(voices?.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  test("refuses the credential: that is said, and what is known does not take its place", async () => {
    const refuse = () => Response.json({ error: { message: "bad key" } }, { status: 401 });
    for (const provider of ["elevenlabs", "xai"]) {
      const error = await rejection((await list({ provider, key: "k", answer: refuse })).listed);
      expect(error).toMatchObject({ type: "auth", message: "bad key" });
    }
  });

  test("is not where it should be: no model is blamed", async () => {
    const answer = () => Response.json({ error: { message: "no such page" } }, { status: 404 });
    const error = await rejection((await list({ provider: "xai", key: "k", answer })).listed);
    expect(error.type).toBe("not_found");
    expect(error.details.hint).toMatch(/^Check the address \(127\.0\.0\.1:\d+\)\.$/);
  });

  test("sends something else", async () => {
    const { listed } = await list({
      provider: "elevenlabs",
      key: "k",
      answer: () => Response.json({ voices: "none" }),
    });
    expect(await rejection(listed)).toMatchObject({ type: "provider_error" });
  });

  test("without a credential: what is known", async () => {
    const context = bareContext();
    const xai = await only({ service: "speech", provider: "xai" }, loaded({}), context);
    expect((await listVoices(context, xai)).map(({ id }) => id)).toEqual(["eve", "ara", "rex", "sal", "leo", "una"]);
  });

  test.each([
    ["elevenlabs", "pMsXgVXv3BLzUgSXRplE", "ELEVENLABS_API_KEY"],
    ["inworld", "Sarah", "INWORLD_API_KEY"],
    ["azure-speech", "en-US-JennyNeural", "AZURE_SPEECH_KEY"],
  ])("%s without a credential: the usual voice, and what its list wants", async (provider, id, variable) => {
    const context = bareContext();
    const candidate = await only({ service: "speech", provider }, loaded({}), context);
    expect(await listVoices(context, candidate)).toEqual([{ id, name: id }]);
    expect(context.report.warnings).toEqual([expect.stringContaining(variable)]);
    expect(context.report.warnings[0]).toStartWith("These are the voices that are known without ");
  });
});

describe("a vendor without one", () => {
  const names = async (provider: string, env: Env = {}) => {
    const context = bareContext();
    const candidate = await only({ service: "speech", provider }, loaded({}, env), context);
    return (await listVoices(context, candidate)).map(({ id }) => id);
  };

  test("the voices that are known, with a credential or without", async () => {
    for (const env of [{}, { OPENAI_API_KEY: "k" }]) {
      expect(await names("openai", env)).toEqual([
        ..."alloy ash ballad cedar coral echo fable juniper marin onyx nova sage shimmer verse".split(" "),
      ]);
    }
    expect(await names("local")).toEqual(["slt", "rms", "awb"]);
  });

  test("a server of the config's has none that are known", async () => {
    const context = bareContext();
    const models = {
      providers: { mine: { baseUrl: "https://mine.example/v1", apiKey: "k", models: [{ id: "kokoro" }] } },
    };
    for (const asked of [{ model: "mine/kokoro" }, { provider: "mine" }]) {
      const candidate = await only({ service: "speech", ...asked }, loaded({ models }), context);
      const error = await rejection(listVoices(context, candidate));
      expect(error).toMatchObject({ type: "not_found", message: "mine has no list of its voices." });
      expect(error.details.hint).toContain("--voice");
    }
  });

  test("a provider that does not speak", async () => {
    const context = bareContext();
    const candidate = await only(
      { service: "speech", provider: "senseaudio" },
      loaded({}, { SENSEAUDIO_API_KEY: "k" }),
      context,
    );
    expect(await rejection(listVoices(context, candidate))).toMatchObject({ type: "not_found" });
  });
});

test.skipIf(process.platform === "win32")("a program that is not there", async () => {
  const context = bareContext({ env: { HOME: "/nowhere", PATH: "/nowhere" } });
  const config = loaded({ tts: { providers: { "tts-local-cli": { command: "no-such-speaker" } } } });
  const candidate = await only({ service: "speech", provider: "tts-local-cli" }, config, context);
  expect(await rejection(listVoices(context, candidate))).toMatchObject({ type: "not_found" });
});
