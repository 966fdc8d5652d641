import { describe, expect, test } from "bun:test";
import type { LoadedConfig } from "../../../src/config/file.ts";
import { findProvider, type KnownProvider, knownProvider, knownProviders } from "../../../src/engine/directory.ts";
import { textRoute } from "../../../src/engine/route.ts";
import { IMAGE_PROVIDERS } from "../../../src/providers/images.ts";
import { SPEECH_PROVIDERS } from "../../../src/providers/speech.ts";
import { PROVIDERS } from "../../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS } from "../../../src/providers/transcription.ts";
import { keyOf, loaded, NOTHING, only, rowsWith, select, withEnv } from "./selection.ts";

function get(id: string, from: LoadedConfig = NOTHING): KnownProvider {
  const provider = findProvider(knownProviders(from), id);
  if (!provider) throw new Error(`there is no ${id}`);
  return provider;
}

const VARIANTS = rowsWith("variants").flatMap((row) =>
  Object.entries(row.variants).map(([name, baseUrl]) => ({ row, id: `${row.id}-${name}`, baseUrl })),
);

test("no two providers answer to one name, the variants included", () => {
  const names = knownProviders(NOTHING).flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("the table comes in its own order, then who makes pictures, speaks or hears alone, then the variants", () => {
  const ids = knownProviders(NOTHING).map(({ id }) => id);
  const alone = [...IMAGE_PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];
  expect(ids).toEqual([...PROVIDERS, ...alone, ...VARIANTS].map(({ id }) => id));
});

test("a provider has every service of its id", () => {
  const services = (id: string) => {
    const { text, image, speech, transcription } = get(id);
    return [text, image, speech, transcription].map((service) => service?.protocol);
  };
  expect(services("openai").slice(2)).toEqual(["openai-speech", "openai-transcriptions"]);
  expect(services("elevenlabs")).toEqual([undefined, undefined, "elevenlabs-speech", "elevenlabs-transcription"]);
  expect(services("deepgram")).toEqual([undefined, undefined, "deepgram-speech", "deepgram-listen"]);
  expect(services("senseaudio")).toEqual([undefined, undefined, undefined, "openai-transcriptions"]);
  expect(services("anthropic").slice(2)).toEqual([undefined, undefined]);
});

describe("a server that only the config knows", () => {
  const at = (entry: object) =>
    get("mine", loaded({ models: { providers: { mine: { baseUrl: "https://mine.example/v1", ...entry } } } }));

  test.each([{}, { api: "openai-completions" }, { api: "openai-responses" }])("speaks and hears: %j", (entry) => {
    expect(at(entry)).toMatchObject({
      speech: { protocol: "openai-speech" },
      transcription: { protocol: "openai-transcriptions" },
    });
  });

  test.each(["anthropic-messages", "google-generative-ai", "ollama"])("does not over %s", (api) => {
    const { speech, transcription } = at({ api });
    expect({ speech, transcription }).toEqual({ speech: undefined, transcription: undefined });
  });
});

test("an address in the config does not give text to who only speaks", () => {
  const from = loaded({ models: { providers: { elevenlabs: { baseUrl: "https://proxy.example" } } } });
  const { baseUrl, text } = get("elevenlabs", from);
  expect({ baseUrl, text }).toEqual({ baseUrl: "https://proxy.example", text: undefined });
});

describe("a variant", () => {
  for (const { row, id, baseUrl } of VARIANTS) {
    const isChosenByKey = row.text?.defaultModel !== undefined && row.scheme === undefined && row.env.length > 0;

    test(`${id} is ${row.id} at another address, with the same variables`, () => {
      const variant = get(id);
      for (const part of ["env", "text", "auth", "scheme"] as const) expect(variant[part]).toEqual(row[part]);
      expect({ baseUrl: variant.baseUrl, variantOf: variant.variantOf }).toEqual({ baseUrl, variantOf: row.id });
      expect(variant.name).not.toBe(row.name);
      expect(get(row.id).baseUrl).toBe(row.baseUrl);
    });

    test(`${id} has a place of its own in the config`, () => {
      const from = loaded({ models: { providers: { [id]: { baseUrl: "https://proxy.example/v1" } } } });
      expect(get(id, from).baseUrl).toBe("https://proxy.example/v1");
      expect(get(row.id, from).baseUrl).toBe(row.baseUrl);
      const main = loaded({ models: { providers: { [row.id]: { baseUrl: "https://proxy.example/v1" } } } });
      expect(get(id, main).baseUrl).toBe(baseUrl);
    });

    if (isChosenByKey) {
      test(`${id} is never chosen by its key alone, and takes it once it is named`, async () => {
        const from = withEnv({ [row.env[0] ?? ""]: "k" });
        expect((await only({}, from)).provider.id).not.toBe(id);
        const candidate = await only({ model: `${id}/m` }, from);
        const { provider, problem } = candidate;
        expect({ id: provider.id, key: await keyOf(candidate), problem }).toEqual({ id, key: "k", problem: undefined });
      });

      test(`${id} does not take the place of ${row.id} where that cannot be used`, async () => {
        const broken = loaded({ models: { providers: { [row.id]: { api: "nosuch" } } } }, { [row.env[0] ?? ""]: "k" });
        const candidates = await select({ fallback: ["ollama/x"] }, broken);
        expect(candidates.map(({ provider }) => provider.id)).not.toContain(id);
      });

      test(`${id} is chosen when the config has a key for it alone`, async () => {
        const candidate = await only({}, loaded({ models: { providers: { [id]: { apiKey: "k-own" } } } }));
        expect({ id: candidate.provider.id, key: await keyOf(candidate) }).toEqual({ id, key: "k-own" });
      });
    }

    const [variable] = row.hostEnv ?? [];
    if (variable !== undefined) {
      test(`${id} stays where it is, whatever ${variable} says`, () => {
        expect(get(id, withEnv({ [variable]: "https://other.example" })).baseUrl).toBe(baseUrl);
      });
    }
  }
});

describe("a variable that names the host", () => {
  for (const {
    id,
    hostEnv: [hostEnv = ""],
    baseUrl,
    text,
  } of rowsWith("hostEnv")) {
    const row = new URL(baseUrl);
    const at = (host: string, from = withEnv({ [hostEnv]: host })): URL => new URL(get(id, from).baseUrl);
    const pathname = row.pathname;

    test(`${hostEnv} with a port: the row's scheme and path`, () => {
      const { protocol, host, pathname: path } = at("box.example:11500");
      expect({ protocol, host, path }).toEqual({ protocol: row.protocol, host: "box.example:11500", path: pathname });
    });

    test(`${hostEnv} without a port: the row's`, () => {
      expect(at("box.example").host).toBe(`box.example${row.port && `:${row.port}`}`);
    });

    test.each([
      ["https://box.example", "https:", "box.example"],
      ["https://box.example/", "https:", "box.example"],
      ["http://box.example", "http:", "box.example"],
      ["https://box.example:8443", "https:", "box.example:8443"],
      ["http://box.example:8080/", "http:", "box.example:8080"],
    ])(`${hostEnv}=%s is that server, and no port of the row's`, (value, protocol, host) => {
      const url = at(value);
      expect({ protocol: url.protocol, host: url.host, path: url.pathname }).toEqual({
        protocol,
        host,
        path: pathname,
      });
    });

    test(`${hostEnv} with the scheme's own port means that port`, () => {
      const port = row.protocol === "http:" ? "80" : "443";
      expect(at(`box.example:${port}`).host).toBe("box.example");
    });

    test.each(["0.0.0.0", "0.0.0.0:11500", "http://0.0.0.0:11500"])(`${hostEnv}=%s is this machine`, (value) => {
      expect(at(value).hostname).toBe("127.0.0.1");
      expect(at(value).port).toBe(value.includes("11500") ? "11500" : row.port);
    });

    test.each(["", "  ", "://", "http://"])(`${hostEnv}=%p says nothing`, (value) => {
      expect(at(value).href).toBe(row.href);
    });

    test(`${hostEnv} leaves no slash at the end`, () => {
      expect(get(id, withEnv({ [hostEnv]: "https://box.example/" })).baseUrl).not.toEndWith("/");
    });

    test(`the config's base URL comes before ${hostEnv}`, () => {
      const config = { models: { providers: { [id]: { baseUrl: "https://proxy.example/v1" } } } };
      expect(get(id, loaded(config, { [hostEnv]: "https://box.example" })).baseUrl).toBe("https://proxy.example/v1");
    });

    test(`the config's env block may hold ${hostEnv}`, () => {
      expect(at("", loaded({ env: { [hostEnv]: "https://box.example" } })).hostname).toBe("box.example");
    });

    if (text === undefined) continue;
    test(`a request goes to where ${hostEnv} says`, async () => {
      const from = withEnv({ [hostEnv]: "https://box.example:8443" });
      const candidate = await only({ model: `${id}/m` }, from);
      expect(new URL(textRoute(candidate).route.baseUrl).host).toBe("box.example:8443");
    });
  }
});

test("OpenClaw's own `region` of a provider is the setting of that name", () => {
  const models = { providers: { "amazon-bedrock": { region: "eu-central-1" } } };
  expect(get("amazon-bedrock", loaded({ models })).settingValues).toEqual({ region: "eu-central-1" });
});

test.each(["openai", "bedrock", "moonshot-cn", "MOONSHOTAI-cn", "x-ai", "fal", "mine", "Mine", "no-such"])(
  "one provider by its name is the same as among all of them: %s",
  (name) => {
    const from = loaded({ models: { providers: { Mine: { baseUrl: "https://m.example" }, openai: { models: [] } } } });
    expect(knownProvider(from, name)).toEqual(findProvider(knownProviders(from), name));
  },
);
