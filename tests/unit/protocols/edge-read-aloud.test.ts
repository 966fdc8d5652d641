import { describe, expect, test } from "bun:test";
import {
  configFrame,
  edgeHeaders,
  edgeUrl,
  microsoftVoicesRequest,
  readEdgeFrame,
  readMicrosoftVoices,
  securityToken,
  ssmlFrame,
} from "../../../src/protocols/edge-read-aloud.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { failure } from "../../support/failure.ts";

const BASE = "wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1";
/** Tue, 14 Nov 2023 22:13:20 GMT. */
const NOW = 1_700_000_000_000;
/** printf 1334447340000000006A5AA1D4EAFF4E9FB37E23D68491D6F4 | sha256sum */
const TOKEN = "42301B335578FEFDAE2637DED1ABD614505D432559EC08032B82048483726AFF";

function speech(over: Partial<SpeechRequest> = {}): SpeechRequest {
  return {
    text: "Hello there",
    form: { ask: "audio-24khz-48kbitrate-mono-mp3" },
    options: {},
    id: "0b6bcd6f-0a0b-4c0d-8e0f-102132435465",
    ...over,
  };
}

const ssml = (over: Partial<SpeechRequest> = {}): string => ssmlFrame(speech(over), NOW).split("\r\n\r\n")[1] ?? "";
const attribute = (name: string, over: Partial<SpeechRequest> = {}): string | undefined =>
  new RegExp(` ${name}='([^']*)'`).exec(ssml(over))?.[1];

describe("the token", () => {
  test("is the hash of five minutes of Windows time and the client's own token", () => {
    expect(securityToken(NOW)).toBe(TOKEN);
    // printf 1340847360000000006A5AA1D4EAFF4E9FB37E23D68491D6F4 | sha256sum
    expect(securityToken(1_764_000_000_000)).toBe("551010A4C399689E24271A46EF0CAB9F738CD682A1FE3CA1C9F55722F4D23331");
  });

  test("holds from one full five minutes to the next", () => {
    const begins = Date.UTC(2023, 10, 14, 22, 10);
    expect(securityToken(begins)).toBe(TOKEN);
    expect(securityToken(begins + 299_999)).toBe(TOKEN);
    expect(securityToken(begins - 1)).not.toBe(TOKEN);
    expect(securityToken(begins + 300_000)).not.toBe(TOKEN);
  });
});

describe("the address", () => {
  const way = { token: "T", connectionId: "0b6bcd6f-0a0b-4c0d-8e0f-102132435465" };
  const query =
    "TrustedClientToken=6A5AA1D4EAFF4E9FB37E23D68491D6F4&ConnectionId=0b6bcd6f0a0b4c0d8e0f102132435465" +
    "&Sec-MS-GEC=T&Sec-MS-GEC-Version=1-143.0.3650.75";

  test("carries the token, its version and the connection's id", () => {
    expect(edgeUrl(BASE, way)).toBe(`${BASE}?${query}`);
  });

  test.each([
    ["http://127.0.0.1:8080/x/", `ws://127.0.0.1:8080/x?${query}`],
    ["https://proxy.example/edge?a=1", `wss://proxy.example/edge?${query}&a=1`],
  ])("of %s is a WebSocket's", (base, url) => {
    expect(edgeUrl(base, way)).toBe(url);
  });

  test("goes with the headers of the browser", () => {
    expect(edgeHeaders("0b6bcd6f-0a0b-4c0d-8e0f-102132435465")).toEqual({
      pragma: "no-cache",
      "cache-control": "no-cache",
      origin: "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold",
      "user-agent":
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
      "accept-encoding": "gzip, deflate, br, zstd",
      "accept-language": "en-US,en;q=0.9",
      cookie: "muid=0B6BCD6F0A0B4C0D8E0F102132435465;",
    });
  });
});

describe("what is sent", () => {
  test("is the form of the audio first", () => {
    expect(configFrame(speech(), NOW)).toBe(
      "X-Timestamp:Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)\r\n" +
        "Content-Type:application/json; charset=utf-8\r\nPath:speech.config\r\n\r\n" +
        '{"context":{"synthesis":{"audio":{"metadataoptions":{"sentenceBoundaryEnabled":"false","wordBoundaryEnabled":"true"},' +
        '"outputFormat":"audio-24khz-48kbitrate-mono-mp3"}}}}\r\n',
    );
  });

  test.each([
    ["audio-24khz-96kbitrate-mono-mp3", "audio-24khz-96kbitrate-mono-mp3"],
    ["riff-24khz-16bit-mono-pcm", "audio-24khz-48kbitrate-mono-mp3"],
    [7, "audio-24khz-48kbitrate-mono-mp3"],
  ])("in the config's form when that can be had: %p", (outputFormat, asked) => {
    expect(configFrame(speech({ options: { outputFormat } }), NOW)).toContain(`"outputFormat":"${asked}"`);
  });

  test("never in a form that cannot be had, though the config names it twice", () => {
    const word = "webm-24khz-16bit-mono-opus";
    const sent = configFrame(speech({ form: { ask: word }, options: { outputFormat: word } }), NOW);
    expect(sent).toContain('"outputFormat":"audio-24khz-48kbitrate-mono-mp3"');
  });

  test("is the text then", () => {
    expect(ssmlFrame(speech({ voice: "de-AT-IngridNeural" }), NOW)).toBe(
      "X-RequestId:0b6bcd6f0a0b4c0d8e0f102132435465\r\nContent-Type:application/ssml+xml\r\n" +
        "X-Timestamp:Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)Z\r\nPath:ssml\r\n\r\n" +
        "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='de-AT'>" +
        "<voice name='de-AT-IngridNeural'><prosody pitch='+0Hz' rate='+0%' volume='+0%'>" +
        "Hello there</prosody></voice></speak>",
    );
  });

  test("is words, whatever they are made of", () => {
    const text = `</prosody> & "a" <b c='d'>\0x\u000by\u001bz\ud800 \ufffe\u{1f600}\tä\r\n`;
    expect(ssml({ text })).toContain(
      ">&lt;/prosody&gt; &amp; &quot;a&quot; &lt;b c=&apos;d&apos;&gt; x y z\ufffd  \u{1f600}\tä\r\n</prosody>",
    );
    expect(ssml({ voice: "x'><evil/>" })).toContain("<voice name='x&apos;&gt;&lt;evil/&gt;'>");
    expect(ssml({ options: { lang: "'<", rate: "'<", pitch: "'<", volume: "'<" } })).not.toContain("'<'");
  });

  test("has the config's rate, pitch, volume and language", () => {
    const options = { rate: "+10%", pitch: "-2Hz", volume: " -50% ", lang: "en-GB" };
    expect(attribute("rate", { options })).toBe("+10%");
    expect(attribute("pitch", { options })).toBe("-2Hz");
    expect(attribute("volume", { options })).toBe("-50%");
    expect(attribute("xml:lang", { options })).toBe("en-GB");
    expect(attribute("rate", { options: { rate: 3 } })).toBe("+0%");
  });

  test.each([
    [1.25, "+25%"],
    [0.5, "-50%"],
    [2, "+100%"],
    [1, "+0%"],
    [0.999, "+0%"],
    [1.337, "+34%"],
  ])("at the speed %p has the rate %p, whatever the config says", (speed, rate) => {
    expect(attribute("rate", { speed, options: { rate: "+10%" } })).toBe(rate);
  });

  test.each([
    ["en-US-MichelleNeural", "en-US"],
    ["sr-Latn-RS-SophieNeural", "sr-Latn-RS"],
    ["zh-CN-liaoning-XiaobeiNeural", "zh-CN-liaoning"],
    ["fil-PH-AngeloNeural", "fil-PH"],
    ["Microsoft Server Speech Text to Speech Voice (cy-GB, NiaNeural)", "cy-GB"],
    ["somebody", "en-US"],
  ])("by %s is in %s", (voice, lang) => {
    expect(attribute("xml:lang", { voice })).toBe(lang);
  });

  test("in Chinese has the language of the voice that was chosen for it, whatever the config says", () => {
    expect(attribute("xml:lang", { voice: "zh-CN-XiaoxiaoNeural", options: { lang: "en-US" } })).toBe("zh-CN");
  });
});

describe("what comes", () => {
  const bytes = (head: string, audio = ""): Uint8Array => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(head.length);
    return new Uint8Array(Buffer.concat([length, Buffer.from(head), Buffer.from(audio)]));
  };

  test("is audio behind its header", () => {
    const head = "X-RequestId:a\r\nContent-Type:audio/mpeg\r\nX-StreamId:b\r\nPath:audio\r\n";
    expect(readEdgeFrame(bytes(head, "Path:audio\r\n\xff"))).toEqual({
      audio: new Uint8Array(Buffer.from("Path:audio\r\n\xff")),
    });
    // A view into something larger, as a reused buffer is.
    const whole = Buffer.concat([Buffer.from("junk"), bytes(head, "mp3")]);
    expect(readEdgeFrame(whole.subarray(4)).audio).toEqual(Buffer.from("mp3"));
    expect(readEdgeFrame(bytes("X-RequestId:a\r\nPath:audio\r\n"))).toEqual({});
  });

  test("is the end", () => {
    expect(readEdgeFrame("X-RequestId:a\r\nContent-Type:application/json\r\nPath:turn.end\r\n\r\n{}")).toEqual({
      ended: true,
    });
  });

  test.each(["turn.start", "response", "audio.metadata", "something.new"])("is nothing to hear: %s", (path) => {
    expect(readEdgeFrame(`Path:${path}\r\n\r\n{"a":"\r\nPath:turn.end\r\n"}`)).toEqual({});
  });

  test.each([
    ["no header", new Uint8Array([0])],
    ["a header that is longer than all", new Uint8Array([0, 9, 80, 97])],
    ["a header without a path", bytes("Content-Type:audio/mpeg\r\n", "mp3")],
    ["an empty header", bytes("", "mp3")],
    ["another path", bytes("Path:video\r\n", "mp3")],
    ["words without a path", "Content-Type:application/json\r\n\r\nPath:turn.end"],
    ["no words", ""],
  ])("is a provider_error with %s", (_, data) => {
    expect(failure(() => readEdgeFrame(data)).type).toBe("provider_error");
  });
});

describe("the voices", () => {
  test("are asked for where the speech is", () => {
    const query = `?trustedclienttoken=6A5AA1D4EAFF4E9FB37E23D68491D6F4&Sec-MS-GEC=${TOKEN}&Sec-MS-GEC-Version=1-143.0.3650.75`;
    const { method, url, headers } = microsoftVoicesRequest(NOW);
    expect(method).toBe("GET");
    expect(url).toBe(`https://speech.platform.bing.com/consumer/speech/synthesize/readaloud/voices/list${query}`);
    expect(headers["user-agent"]).toEndWith("Edg/143.0.0.0");
    expect(microsoftVoicesRequest(NOW, "http://127.0.0.1:9/a/edge/v1/").url).toBe(
      `http://127.0.0.1:9/a/voices/list${query}`,
    );
  });

  test("are read as OpenClaw lists them", () => {
    const list = [
      {
        Name: "Microsoft Server Speech Text to Speech Voice (af-ZA, AdriNeural)",
        ShortName: "af-ZA-AdriNeural",
        Gender: "Female",
        Locale: "af-ZA",
        FriendlyName: "Microsoft Adri Online (Natural) - Afrikaans (South Africa)",
        VoiceTag: { ContentCategories: ["General"], VoicePersonalities: ["Friendly", "", "Positive"] },
      },
      { ShortName: " " },
      { ShortName: "en-US-\u001b[31mRedNeural" },
      { FriendlyName: "Nobody" },
      "x",
      { ShortName: "xx-YY-BareNeural", Locale: 7, VoiceTag: { VoicePersonalities: [], ContentCategories: null } },
    ];
    expect(readMicrosoftVoices(list)).toEqual([
      {
        id: "af-ZA-AdriNeural",
        name: "Microsoft Adri Online (Natural) - Afrikaans (South Africa)",
        category: "General",
        description: "Friendly, Positive",
        locale: "af-ZA",
        gender: "Female",
        personalities: ["Friendly", "Positive"],
      },
      { id: "xx-YY-BareNeural", name: "xx-YY-BareNeural" },
    ]);
  });

  test.each([[{}], [null], ["x"]])("are none in %p", (json) => {
    expect(failure(() => readMicrosoftVoices(json)).type).toBe("provider_error");
  });
});
