import * as v from "valibot";
import { word } from "./listed-model.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { escapeXml, languageOf } from "./ssml.ts";
import { endpoint } from "./wire.ts";

/** `POST /cognitiveservices/v1` with SSML. The answer is the audio. */
export const azureSpeech: SpeechProtocol = { answer: "body", build };

/** Bases are written with the path of one of the two requests, and without. */
export const AZURE_PATH = /\/cognitiveservices(?:\/v1)?$/i;

const settings = v.object({ lang: word, languageCode: word });

function build(request: SpeechRequest, { baseUrl }: SpeechRoute): BuiltSpeech {
  const { voice = "", text, speed, instructions, form } = request;
  const { lang, languageCode } = v.parse(settings, request.options);
  return {
    request: {
      method: "POST",
      url: endpoint(baseUrl, "/cognitiveservices/v1", AZURE_PATH),
      headers: { "content-type": "application/ssml+xml", "x-microsoft-outputformat": form.ask },
      body: ssml(text, voice, lang ?? languageCode ?? languageOf(voice), speed),
    },
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}

function ssml(text: string, voice: string, language: string, speed: number | undefined): string {
  const words = escapeXml(text);
  const spoken = speed === undefined ? words : `<prosody rate="${speed}">${words}</prosody>`;
  return (
    `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${escapeXml(language)}">` +
    `<voice name="${escapeXml(voice)}">${spoken}</voice></speak>`
  );
}
