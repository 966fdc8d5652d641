import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { failureInside } from "../../../src/protocols/failure.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { volcengineSpeech } from "../../../src/protocols/volcengine-speech.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("volcengine", {
  baseUrl: "https://voice.ap-southeast-1.bytepluses.com/api/v3/tts/unidirectional",
});
const VOICE = "en_female_anna_mars_bigtts";
const read = (json: unknown) => volcengineSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const { request: http, ignored } = volcengineSpeech.build(speechAsked({ voice: VOICE, ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

function refused(request: Partial<SpeechRequest>, route = ROUTE): unknown {
  try {
    return built(request, route);
  } catch (error) {
    return error;
  }
}

test("lines, the last of which says that it is the last", () => {
  expect(volcengineSpeech).toMatchObject({ answer: "ndjson", endsWithWord: true });
});

describe("Seed Speech", () => {
  const BODY = {
    user: { uid: "infer" },
    req_params: {
      text: "Hello there",
      speaker: VOICE,
      audio_params: { format: "mp3", sample_rate: 24_000 },
    },
  };

  test("a text", () => {
    expect(built()).toEqual({
      method: "POST",
      url: "https://voice.ap-southeast-1.bytepluses.com/api/v3/tts/unidirectional",
      headers: {
        "content-type": "application/json",
        "x-api-resource-id": "seed-tts-1.0",
        "x-api-app-key": "aGjiRDfUWi",
      },
      body: BODY,
      ignored: [],
    });
  });

  test("the address is all of it", () => {
    const baseUrl = "https://gateway.example/speech?tenant=1";
    expect(built({}, { ...ROUTE, baseUrl }).url).toBe(baseUrl);
  });

  test("every setting", () => {
    const options = { resourceId: "seed-tts-2.0", appKey: "other", emotion: "angry", speedRatio: 1.2 };
    const { headers, body } = built({ options, form: { ask: "pcm", sampleRate: 24_000 } });
    expect(headers).toMatchObject({ "x-api-resource-id": "seed-tts-2.0", "x-api-app-key": "other" });
    expect(body).toEqual({
      user: { uid: "infer" },
      req_params: {
        text: "Hello there",
        speaker: VOICE,
        audio_params: { format: "pcm", sample_rate: 24_000, speech_rate: 20, emotion: "angry" },
      },
    });
  });

  test.each([
    [0.5, -50],
    [0.75, -25],
    [1, 0],
    [1.333, 33],
    [2, 100],
  ])("a rate of %d is %d", (speed, speech_rate) => {
    expect(built({ speed, options: { speedRatio: 3 } }).body).toMatchObject({
      req_params: { audio_params: { format: "mp3", sample_rate: 24_000, speech_rate } },
    });
  });

  test.each([
    [0.2, -50],
    [3, 100],
  ])("OpenClaw's %d is the nearest there is: %d", (speedRatio, speech_rate) => {
    expect(built({ options: { speedRatio } }).body).toMatchObject({ req_params: { audio_params: { speech_rate } } });
  });

  test.each([{ speedRatio: 0.1 }, { speedRatio: 3.1 }, { speedRatio: "1" }, { emotion: " " }, { emotion: 1 }])(
    "%j is left out",
    (options) => {
      expect(built({ options }).body).toEqual(BODY);
    },
  );

  test("words on how to speak are for TTS 2.0 only", () => {
    expect(built({ instructions: "Whisper" })).toMatchObject({
      body: BODY,
      ignored: [{ key: "instructions", value: "Whisper" }],
    });
    const { body, ignored } = built({ instructions: "Whisper", options: { resourceId: "seed-tts-2.0" } });
    expect(body).toEqual({
      user: { uid: "infer" },
      req_params: { ...BODY.req_params, additions: '{"context_texts":["Whisper"]}' },
    });
    expect(ignored).toEqual([]);
  });
});

describe("the older API", () => {
  const options = { appId: "app-1", token: "token-1" };
  const BODY = {
    app: { appid: "app-1", token: "access_token", cluster: "volcano_tts" },
    user: { uid: "infer" },
    audio: { voice_type: VOICE, encoding: "mp3" },
    request: {
      reqid: "00000000-0000-4000-8000-000000000000",
      text: "Hello there",
      text_type: "plain",
      operation: "query",
    },
  };

  test("where there is a token, and no key: the token goes into the header only", () => {
    expect(built({ options })).toEqual({
      method: "POST",
      url: "https://openspeech.bytedance.com/api/v1/tts",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test.each(["key-1", { source: "env", provider: "default", id: "KEY" }])("a key (%j) comes before it", (apiKey) => {
    expect(built({ options: { ...options, apiKey } }).url).toBe(ROUTE.baseUrl);
  });

  test("an address says which of them it is", () => {
    const older = "https://gateway.example/api/v1/tts";
    expect(built({ options: { ...options, apiKey: "key-1" } }, { ...ROUTE, baseUrl: older })).toMatchObject({
      url: older,
      body: BODY,
    });
    const newer = "https://gateway.example/api/v3/tts/unidirectional";
    expect(built({ options }, { ...ROUTE, baseUrl: newer })).toMatchObject({
      url: newer,
      headers: { "x-api-resource-id": "seed-tts-1.0" },
    });
  });

  test("every setting", () => {
    const { body } = built({
      options: { ...options, cluster: "volcano_icl", speedRatio: 0.8, emotion: "happy" },
      form: { ask: "ogg_opus" },
    });
    expect(body).toEqual({
      ...BODY,
      app: { ...BODY.app, cluster: "volcano_icl" },
      audio: { voice_type: VOICE, encoding: "ogg_opus", speed_ratio: 0.8, emotion: "happy", enable_emotion: true },
    });
  });

  test("a rate that was asked for, and words, which it does not take", () => {
    expect(built({ options: { ...options, speedRatio: 0.8 }, speed: 1.5, instructions: "Whisper" })).toMatchObject({
      body: { ...BODY, audio: { voice_type: VOICE, encoding: "mp3", speed_ratio: 1.5 } },
      ignored: [{ key: "instructions", value: "Whisper" }],
    });
  });

  test.each([
    [{ token: "token-1" }, ROUTE],
    [{ token: "token-1", appId: " " }, ROUTE],
    [{ apiKey: "key-1" }, { ...ROUTE, baseUrl: "https://openspeech.bytedance.com/api/v1/tts" }],
  ])("without an AppID: %j", (without, route) => {
    const error = refused({ options: without }, route);
    expect(error).toBeInstanceOf(InferError);
    expect(error).toMatchObject({
      type: "usage",
      message: "Volcengine wants the AppID that belongs to the token.",
      details: { hint: "Set VOLCENGINE_TTS_APPID, or VOLCENGINE_TTS_API_KEY for the newer Seed Speech." },
    });
  });
});

describe("read", () => {
  test.each([
    [{ code: 0, message: "", data: "SUQz" }, { audio: "SUQz" }],
    [{ code: 0, message: "", data: null, sentence: { text: "Hello" } }, {}],
    [{ code: 20_000_000, message: "ok", data: null }, { ended: true }],
    [
      { reqid: "1", code: 3000, operation: "query", message: "Success", sequence: -1, data: "SUQz" },
      { audio: "SUQz", ended: true },
    ],
    [{ code: 3000, message: "Success", data: "" }, { ended: true }],
  ] as const)("%j", (json, step) => {
    expect(read(json)).toEqual(step);
  });

  test.each([
    [40_402_003, "TTSExceededTextLimit:exceed max limit", "provider_error", false],
    [45_000_000, "speaker permission denied: get resource id: access denied", "auth", false],
    [45_000_000, "quota exceeded for types: concurrency", "rate_limited", true],
    [55_000_000, "server error", "provider_error", true],
    [3001, "invalid request", "provider_error", false],
    [3003, "too many at once", "rate_limited", true],
    [3005, "backend busy", "provider_error", true],
    [3010, "text too long", "provider_error", false],
    [3031, "init engine failed", "provider_error", true],
    [3050, "no such voice", "not_found", false],
    [3001, "authenticate request: load grant: requested grant not found", "auth", false],
    [3001, "extract request resource id: get resource id: access denied", "auth", false],
    [3003, "quota exceeded for types: xxx_lifetime", "rate_limited", false],
  ] as const)("code %d is an error: %s", (code, message, type, retryable) => {
    for (const json of [{ code, message }, { header: { reqid: "1", code, message } }]) {
      const step = read(json);
      expect(step?.ended).toBeUndefined();
      const error = failureInside(step?.failure, 200);
      expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
        type,
        message: `${message} (${code})`,
        retryable,
      });
    }
  });

  test("an error without a word", () => {
    expect(failureInside(read({ code: 3031 })?.failure, 200).message).toBe("It failed (3031)");
  });

  test.each([{}, { data: "SUQz" }, { header: {} }, { code: "0" }, [[]]])("what it is not: %j", (json) => {
    expect(() => read(json)).toThrow("cannot be understood");
  });
});

describe("the row", () => {
  const { auth = [], voices = [], ...row } = SPEECH_SERVICES.volcengine ?? {};

  test("OpenClaw's names, variables and limits", () => {
    expect(row as unknown).toEqual({
      label: "Volcengine",
      alsoNamed: ["bytedance"],
      protocol: "volcengine-speech",
      ownKeys: true,
      withoutModel: "always",
      keyOption: "token",
      env: ["VOLCENGINE_TTS_API_KEY", "BYTEPLUS_SEED_SPEECH_API_KEY", "VOLCENGINE_TTS_TOKEN"],
      baseUrl: "https://voice.ap-southeast-1.bytepluses.com/api/v3/tts/unidirectional",
      baseUrlEnv: ["VOLCENGINE_TTS_BASE_URL"],
      optionEnv: {
        voice: ["VOLCENGINE_TTS_VOICE"],
        apiKey: ["VOLCENGINE_TTS_API_KEY", "BYTEPLUS_SEED_SPEECH_API_KEY"],
        resourceId: ["VOLCENGINE_TTS_RESOURCE_ID"],
        appKey: ["VOLCENGINE_TTS_APP_KEY"],
        appId: ["VOLCENGINE_TTS_APPID"],
        token: ["VOLCENGINE_TTS_TOKEN"],
        cluster: ["VOLCENGINE_TTS_CLUSTER"],
      },
      defaultVoice: VOICE,
      formats: {
        mp3: { ask: "mp3" },
        wav: { ask: "pcm", sampleRate: 24_000 },
        opus: { ask: "ogg_opus" },
        pcm: { ask: "pcm", sampleRate: 24_000 },
      },
      defaultFormat: "mp3",
      longest: { bytes: 1024 },
      speed: { min: 0.5, max: 2 },
      voiceNote: { formats: ["opus"] },
    });
    expect(voices).toHaveLength(10);
    expect([voices[0], voices[9]]).toEqual([
      { id: VOICE, name: "anna", locale: "en-US", gender: "female" },
      { id: "zh_female_shuangkuaisisi_moon_bigtts", name: "shuangkuaisisi", locale: "zh-CN", gender: "female" },
    ]);
  });

  test.each([
    ["https://voice.ap-southeast-1.bytepluses.com/api/v3/tts/unidirectional", "x-api-key", undefined],
    ["https://openspeech.bytedance.com/api/v1/tts", "authorization", "Bearer;"],
    ["https://gateway.example/api/v1/tts/", "authorization", "Bearer;"],
    ["https://gateway.example/api/v1/tts/other", "x-api-key", undefined],
  ])("how the credential travels to %s", (url, header, prefix) => {
    const form = auth.find(({ paths }) => paths?.test(new URL(url).pathname) ?? true);
    expect([form?.header, form?.prefix]).toEqual([header, prefix]);
  });
});
