import { describe, expect, test } from "bun:test";
import { azureSpeech } from "../../../src/protocols/azure-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("azure-speech", { baseUrl: "https://westeurope.tts.speech.microsoft.com" });
const form = { ask: "audio-24khz-48kbitrate-mono-mp3" };

function built(request: Partial<SpeechRequest>, route = ROUTE) {
  const { request: http, ignored } = azureSpeech.build(
    speechAsked({ voice: "en-US-JennyNeural", form, ...request }),
    route,
  );
  return { ...http, ignored };
}

test("a text", () => {
  expect(azureSpeech.answer).toBe("body");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1",
    headers: {
      "content-type": "application/ssml+xml",
      "x-microsoft-outputformat": "audio-24khz-48kbitrate-mono-mp3",
    },
    body: '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US"><voice name="en-US-JennyNeural">Hello there</voice></speak>',
    ignored: [],
  });
});

test.each([
  ["https://westeurope.tts.speech.microsoft.com/", "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1"],
  [
    "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1/",
    "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1",
  ],
  [
    "https://mine.cognitiveservices.azure.com/tts/CognitiveServices/v1",
    "https://mine.cognitiveservices.azure.com/tts/cognitiveservices/v1",
  ],
  ["http://127.0.0.1:5000", "http://127.0.0.1:5000/cognitiveservices/v1"],
])("%s is a base", (baseUrl, url) => {
  expect(built({}, { ...ROUTE, baseUrl }).url).toBe(url);
});

test("a rate is prosody", () => {
  expect(built({ speed: 1.25 }).body).toBe(
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US"><voice name="en-US-JennyNeural"><prosody rate="1.25">Hello there</prosody></voice></speak>',
  );
});

test("it cannot be told how to speak", () => {
  expect(built({ instructions: "Whisper" }).ignored).toEqual([{ key: "instructions", value: "Whisper" }]);
});

describe("the language", () => {
  const language = (request: Partial<SpeechRequest>) => /xml:lang="([^"]*)"/.exec(String(built(request).body))?.[1];

  test.each([
    ["de-DE-KatjaNeural", "de-DE"],
    ["fil-PH-BlessicaNeural", "fil-PH"],
    ["zh-CN-liaoning-XiaobeiNeural", "zh-CN-liaoning"],
    ["iu-Latn-CA-SiqiniqNeural", "iu-Latn-CA"],
    ["en-GB-Ada:DragonHDLatestNeural", "en-GB"],
    ["MyOwnVoice", "en-US"],
    ["my-voice", "en-US"],
  ])("of %s is %s", (voice, expected) => {
    expect(language({ voice })).toBe(expected);
  });

  test("of the config comes first", () => {
    expect(language({ options: { lang: "fr-FR", languageCode: "es-ES" } })).toBe("fr-FR");
    expect(language({ options: { languageCode: "es-ES" } })).toBe("es-ES");
    expect(language({ options: { lang: 7 } })).toBe("en-US");
  });
});

test("what is said is text, and no markup", () => {
  const { body } = built({
    text: 'Tom & "Jerry" <break/> it\'s\u0000\u001b 1 > 0\n\t\ufffe 👋',
    voice: 'x" y="&',
    options: { lang: 'en"><' },
  });
  expect(body).toBe(
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en&quot;&gt;&lt;"><voice name="x&quot; y=&quot;&amp;">' +
      "Tom &amp; &quot;Jerry&quot; &lt;break/&gt; it&apos;s   1 &gt; 0\n\t  👋</voice></speak>",
  );
});
