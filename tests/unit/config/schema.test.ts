import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../../src/config/file.ts";
import { APIS, type Config } from "../../../src/config/schema.ts";
import { TEXT_PROTOCOLS } from "../../../src/protocols/index.ts";
import { failure } from "../../support/failure.ts";

const PATH = "/home/me/openclaw.json";

/** `a.0.b` and a value → the config that has it there. */
function at(place: string, value: unknown): unknown {
  return place.split(".").reduceRight((inner, key) => (/^\d+$/.test(key) ? [inner] : { [key]: inner }), value);
}

function parsed(config: unknown): Config {
  return parseConfig(JSON.stringify(config), PATH, {}).config;
}

const REF = { source: "exec", provider: "vault", id: "a/b" };

describe("what infer uses", () => {
  test.each<[string, object]>([
    [
      "a provider",
      {
        models: {
          providers: {
            mine: {
              baseUrl: "https://x/v1",
              apiKey: REF,
              api: "bedrock-converse-stream",
              auth: "aws-sdk",
              authHeader: false,
              headers: { "x-a": "a", "x-b": REF },
              region: "eu-west-1",
              params: { deep: { down: [1] } },
              request: {
                headers: { "x-c": REF },
                auth: { mode: "header", headerName: "x-key", value: REF, prefix: "Key " },
                allowPrivateNetwork: true,
                proxy: { mode: "explicit-proxy", url: "http://p", tls: { insecureSkipVerify: true } },
                tls: { ca: "pem", cert: REF, key: REF, passphrase: REF, serverName: "s", insecureSkipVerify: false },
              },
              models: [
                {
                  id: "m",
                  name: "M",
                  api: "ollama",
                  baseUrl: "http://y",
                  input: ["text", "image"],
                  reasoning: true,
                  contextWindow: 200000,
                  maxTokens: 8192,
                  headers: { "x-d": "d" },
                  compat: {
                    maxTokensField: "max_tokens",
                    thinkingFormat: "qwen",
                    requiresStringContent: true,
                    supportsUsageInStreaming: false,
                    supportsReasoningEffort: true,
                  },
                },
              ],
            },
          },
        },
      },
    ],
    [
      "media, in May",
      {
        tools: {
          media: {
            audio: {
              enabled: true,
              maxBytes: 5,
              models: [{ type: "cli", command: "whisper", args: ["{{MediaPath}}"], timeoutSeconds: 2.5 }],
            },
            image: { models: [{ provider: "openai", model: "m" }] },
          },
        },
      },
    ],
    [
      "media, in September",
      { tools: { media: { models: [{ provider: "openai", model: "m", capabilities: ["audio", "image"] }] } } },
    ],
    [
      "models for media, in May",
      {
        agents: {
          defaults: {
            imageModel: "a/b",
            imageGenerationModel: { primary: "a/b", fallbacks: ["c/d"] },
            videoGenerationModel: "a/b",
          },
        },
      },
    ],
    [
      "models for media, in September",
      { agents: { defaults: { mediaModels: { image: { primary: "a/b" }, video: "c/d" } } } },
    ],
    [
      "speech, in May",
      {
        messages: {
          tts: { provider: "openai", providers: { openai: { voice: "alloy", speed: 1 } }, maxTextLength: 5 },
        },
      },
    ],
    ["speech, in September", { tts: { provider: "openai", timeoutMs: 5 } }],
    [
      "a provider that speaks",
      {
        tts: {
          provider: "openai",
          prefsPath: "~/tts.json",
          providers: {
            openai: {
              apiKey: REF,
              baseUrl: "http://127.0.0.1:8880/v1",
              headers: { "x-a": "a", "x-b": REF },
              model: "kokoro",
              speakerVoice: "alloy",
              speed: 1.25,
              instructions: "softly",
              extraBody: { lang: "e" },
            },
            elevenlabs: { modelId: "m", voiceId: "v", voiceSettings: { stability: 0.5 }, seed: null },
            microsoft: { voice: null, model: null, speed: null, headers: null },
            "tts-local-cli": {
              command: "say",
              args: ["-o", "{{OutputPath}}"],
              cwd: "/tmp",
              env: { A: "b" },
              timeoutMs: 5,
            },
          },
        },
      },
    ],
    [
      "what of speech is OpenClaw's business",
      {
        messages: {
          tts: {
            auto: "inbound",
            enabled: true,
            mode: "all",
            summaryModel: "a/b",
            modelOverrides: { enabled: true, speed: "any" },
            openai: { apiKey: REF, voice: "alloy" },
          },
        },
      },
    ],
    [
      "a persona",
      {
        tts: {
          persona: "alfred",
          personas: {
            alfred: {
              label: "Alfred",
              description: "A butler.",
              provider: "google",
              fallbackPolicy: "provider-defaults",
              prompt: {
                profile: "p",
                scene: "s",
                sampleContext: "c",
                style: "st",
                accent: "a",
                pacing: "pa",
                constraints: ["one", "two"],
              },
              providers: { google: { voiceName: "Algieba", promptTemplate: "audio-profile-v1" } },
            },
          },
        },
      },
    ],
    [
      "how an agent and a channel speak",
      {
        agents: { list: [{ id: "reader", tts: { providers: { elevenlabs: { speakerVoiceId: "v" } } } }] },
        channels: { discord: { tts: { provider: "openai" } } },
      },
    ],
    [
      "what a transcription takes besides",
      {
        tools: {
          media: {
            audio: {
              language: "de",
              prompt: "Names: Ada.",
              providerOptions: { deepgram: { detect_language: true, utt_split: 0.8, tag: "x" } },
              models: [
                {
                  provider: "deepgram",
                  language: "en",
                  prompt: "p",
                  providerOptions: { deepgram: { punctuate: false } },
                  deepgram: { detectLanguage: true, punctuate: true, smartFormat: false },
                },
              ],
            },
          },
        },
      },
    ],
    [
      "memory, in May",
      {
        agents: {
          defaults: {
            memorySearch: {
              provider: "openai",
              model: "m",
              remote: { baseUrl: "http://x", apiKey: REF, headers: { a: "b" } },
            },
          },
        },
      },
    ],
    ["memory, in September", { memory: { search: { provider: "openai", outputDimensionality: 256 } } }],
    [
      "the web",
      {
        tools: {
          web: {
            search: { provider: "brave", apiKey: REF, maxResults: 3 },
            fetch: { maxChars: 5, firecrawl: { apiKey: "k" } },
          },
        },
      },
    ],
    ["plugins", { plugins: { entries: { brave: { enabled: true, config: { webSearch: { apiKey: "k" } } } } } }],
    [
      "the gateway",
      {
        gateway: {
          mode: "remote",
          port: 18789,
          auth: { mode: "token", token: REF },
          remote: { url: "wss://x", token: REF, password: "p" },
        },
      },
    ],
    [
      "secrets",
      {
        secrets: {
          providers: {
            a: { source: "env", allowlist: ["A"] },
            b: { source: "file", path: "~/s", mode: "singleValue", maxBytes: 5 },
            c: {
              source: "exec",
              command: "/bin/x",
              args: [],
              env: {},
              passEnv: ["PATH"],
              timeoutMs: 5,
              noOutputTimeoutMs: 5,
              maxOutputBytes: 5,
              jsonOnly: false,
              trustedDirs: ["/"],
              allowInsecurePath: true,
              allowSymlinkCommand: true,
            },
          },
          defaults: { env: "a", file: "b", exec: "c" },
        },
      },
    ],
  ])("%s comes through as it is", (_, config) => expect(parsed(config)).toEqual(config));

  test.each(["provider-default", "authorization-bearer", "header"])("request.auth may be %s", (mode) => {
    const auth = { mode, token: "t", headerName: "h", value: "v" };
    expect(parsed(at("models.providers.x.request.auth", auth))).toMatchObject(
      at("models.providers.x.request.auth", { mode }) as object,
    );
  });
});

describe("a wrong value", () => {
  const X = "models.providers.x";
  test.each<[place: string, value: unknown, problem: string]>([
    [`${X}.baseUrl`, 5, "expected a string, received a number"],
    [`${X}.apiKey`, ["sk-secret"], "expected a string or a secret reference, received an array"],
    [`${X}.apiKey`, null, "expected a string or a secret reference, received null"],
    [`${X}.apiKey.source`, "sk-secret", 'expected one of "env", "file", "exec", received another string'],
    [`${X}.apiKey.source`, 5, 'expected one of "env", "file", "exec", received a number'],
    [`${X}.api`, {}, "expected a string, received an object"],
    [`${X}.authHeader`, "yes", "expected true or false, received a string"],
    [`${X}.headers`, ["a"], "expected an object, received an array"],
    [`${X}.headers.a`, true, "expected a string or a secret reference, received true or false"],
    [`${X}.region`, [], "expected a string, received an array"],
    [`${X}.params`, "a=b", "expected an object, received a string"],
    [`${X}.request`, 1, "expected an object, received a number"],
    [`${X}.request.allowPrivateNetwork`, 1, "expected true or false, received a number"],
    [`${X}.request.auth`, "sk-secret", "expected an object, received a string"],
    [`${X}.request.auth`, ["sk-secret"], "expected an object, received an array"],
    [
      `${X}.request.auth.mode`,
      "sk-secret",
      'expected one of "provider-default", "authorization-bearer", "header", received another string',
    ],
    [`${X}.request.proxy.mode`, 5, 'expected one of "env-proxy", "explicit-proxy", received a number'],
    [`${X}.request.tls.insecureSkipVerify`, "sk-secret", "expected true or false, received a string"],
    [`${X}.models`, { m: {} }, "expected an array, received an object"],
    [`${X}.models.0`, "m", "expected an object, received a string"],
    [`${X}.models.0`, [], "expected an object, received an array"],
    [`${X}.models.0.id`, 5, "expected a string, received a number"],
    [`${X}.models.0.input.0`, 5, "expected a string, received a number"],
    ["agents.defaults.model", 5, "expected provider/model, or an object with primary and fallbacks, received a number"],
    ["agents.defaults.model.fallbacks", "a/b", "expected an array, received a string"],
    ["agents.defaults.models", ["a/b"], "expected an object, received an array"],
    ["agents.defaults.models.a.alias", 5, "expected a string, received a number"],
    ["agents.list", { id: "x" }, "expected an array, received an object"],
    ["agents.defaults.mediaModels.image.primary", 5, "expected a string, received a number"],
    ["tools.media.audio.models.0.type", "program", 'expected one of "provider", "cli", received another string'],
    ["tools.media.models.0.capabilities", "audio", "expected an array, received a string"],
    ["messages.tts.provider", 5, "expected a string, received a number"],
    ["tts.providers.openai", "k", "expected an object, received a string"],
    ["tts.providers.openai.apiKey", 5, "expected a string or a secret reference, received a number"],
    ["tts.providers.openai.baseUrl", 5, "expected a string, received a number"],
    ["tts.providers.openai.headers.a", true, "expected a string or a secret reference, received true or false"],
    ["tts.providers.openai.model", ["m"], "expected a string, received an array"],
    ["tts.providers.elevenlabs.modelId", 5, "expected a string, received a number"],
    ["tts.providers.openai.speakerVoice", {}, "expected a string, received an object"],
    ["tts.providers.elevenlabs.speakerVoiceId", 5, "expected a string, received a number"],
    ["tts.providers.openai.voice", 5, "expected a string, received a number"],
    ["tts.providers.elevenlabs.voiceId", true, "expected a string, received true or false"],
    ["tts.providers.google.voiceName", 5, "expected a string, received a number"],
    ["tts.providers.openai.speed", "fast", "expected a number, received a string"],
    ["tts.providers.openai.timeoutMs", 0, "expected a whole number above 0, received 0"],
    ["tts.providers.openai.instructions", 5, "expected a string, received a number"],
    ["tts.providers.tts-local-cli.command", ["say"], "expected a string, received an array"],
    ["tts.providers.tts-local-cli.args", "-o", "expected an array, received a string"],
    ["tts.providers.tts-local-cli.env.A", 5, "expected a string, received a number"],
    ["messages.tts.openai.voice", 5, "expected a string, received a number"],
    ["messages.tts.edge.apiKey", ["sk-secret"], "expected a string or a secret reference, received an array"],
    ["tts.prefsPath", 5, "expected a string, received a number"],
    ["tts.persona", 5, "expected a string, received a number"],
    ["tts.personas", ["alfred"], "expected an object, received an array"],
    ["tts.personas.alfred", "a butler", "expected an object, received a string"],
    ["tts.personas.alfred.label", 5, "expected a string, received a number"],
    ["tts.personas.alfred.provider", 5, "expected a string, received a number"],
    [
      "tts.personas.alfred.fallbackPolicy",
      "give up",
      'expected one of "preserve-persona", "provider-defaults", "fail", received another string',
    ],
    ["tts.personas.alfred.prompt", "softly", "expected an object, received a string"],
    ["tts.personas.alfred.prompt.style", 5, "expected a string, received a number"],
    ["tts.personas.alfred.prompt.constraints", "none", "expected an array, received a string"],
    ["tts.personas.alfred.providers.google", "x", "expected an object, received a string"],
    ["tts.personas.alfred.providers.google.voice", 5, "expected a string, received a number"],
    ["channels", ["discord"], "expected an object, received an array"],
    ["channels.discord.tts", true, "expected an object, received true or false"],
    ["channels.discord.tts.provider", 5, "expected a string, received a number"],
    ["tools.media.audio.language", 5, "expected a string, received a number"],
    ["tools.media.audio.providerOptions", "a=b", "expected an object, received a string"],
    ["tools.media.audio.providerOptions.deepgram", true, "expected an object, received true or false"],
    [
      "tools.media.audio.providerOptions.deepgram.tag",
      ["x"],
      "expected a string, a number, or true or false, received an array",
    ],
    ["tools.media.audio.deepgram.smartFormat", "yes", "expected true or false, received a string"],
    [
      "tools.media.models.0.providerOptions.deepgram.tag",
      null,
      "expected a string, a number, or true or false, received null",
    ],
    ["tools.web.search.maxResults", "many", "expected a whole number above 0, received a string"],
    ["plugins.entries.x.config", [1], "expected an object, received an array"],
    ["agents.defaults.memorySearch.remote.baseUrl", 5, "expected a string, received a number"],
    ["memory.search.provider", 5, "expected a string, received a number"],
    ["gateway.port", "18789", "expected a whole number above 0, received a string"],
    ["secrets.providers.v.source", "vault", 'expected one of "env", "file", "exec", received another string'],
  ])("%s: %p", (place, value, problem) => {
    const error = failure(() => parsed(at(place, value)));
    expect(error.type).toBe("usage");
    expect(error.message).toContain(`${place}: ${problem}`);
    expect(error.message).toStartWith(`Config ${PATH} is not valid: `);
    expect(error.message).not.toContain("sk-secret");
    expect(error.details.hint).toContain("Correct the value");
  });

  test.each([[0], [-1], [1.5]])("%p is no number of tokens", (value) => {
    const config = { models: { providers: { x: { models: [{ id: "m", maxTokens: value }] } } } };
    expect(failure(() => parsed(config)).message).toContain(
      `models.0.maxTokens: expected a whole number above 0, received ${value}`,
    );
  });

  test.each<[string, unknown, string]>([
    ["models.providers.x.models.0", { name: "m" }, "models.providers.x.models.0.id is missing"],
    ["models.providers.x.apiKey", { source: "env" }, "models.providers.x.apiKey.id is missing"],
    ["models.providers.x.request.auth", {}, "models.providers.x.request.auth.mode is missing"],
    [
      "models.providers.x.request.auth",
      { mode: "authorization-bearer" },
      "models.providers.x.request.auth.token is missing",
    ],
    ["secrets.providers.v", { source: "file" }, "secrets.providers.v.path is missing"],
    ["agents.list.0", {}, "agents.list.0.id is missing"],
    ["agents.list.0", { id: "a", tts: { provider: 5 } }, "agents.list.0.tts.provider: expected a string"],
    ["tts.providers.openai.apiKey", { source: "env" }, "tts.providers.openai.apiKey.id is missing"],
  ])("%s: %p leaves out what has to be there", (place, value, problem) => {
    expect(failure(() => parsed(at(place, value))).message).toContain(problem);
  });

  test("under a name of every object's is no danger", () => {
    const config = parseConfig(
      '{"models":{"providers":{"__proto__":{"baseUrl":"http://evil"},"constructor":{"baseUrl":"http://evil"}}}}',
      PATH,
      {},
    ).config;
    expect(Object.keys(config.models?.providers ?? {})).toEqual([]);
    expect(Reflect.get({}, "baseUrl")).toBeUndefined();
  });
});

test("every name of a wire leads to one that there is", () => {
  for (const protocol of Object.values(APIS)) expect(Object.keys(TEXT_PROTOCOLS)).toContain(protocol);
});
