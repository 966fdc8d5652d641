import type { Session } from "../../auth/scheme.ts";
import type { SpeechFormat } from "../../core/capability.ts";
import type { Context } from "../../core/context.ts";
import { deadline } from "../../core/deadline.ts";
import type { IgnoredOverride } from "../../core/envelope.ts";
import { InferError } from "../../core/error.ts";
import { textPieces } from "../../core/text-pieces.ts";
import { addUsage } from "../../core/usage.ts";
import { type Call, stalled } from "../../engine/attempts.ts";
import { authorise, openSession } from "../../engine/authorise.ts";
import type { Candidate } from "../../engine/candidates.ts";
import { exchange } from "../../engine/exchange.ts";
import { followJob, unrepeatable } from "../../engine/job.ts";
import type { Arrivals, Fetching } from "../../engine/media-download.ts";
import { speechRoute } from "../../engine/route.ts";
import { type ArrivedSpeech, collectSpeech, readSpeech, written } from "../../engine/speech-audio.ts";
import type { SpeechProgram } from "../../engine/speech-programs.ts";
import type { HttpRequest } from "../../http/client.ts";
import { notThere } from "../../process/find-program.ts";
import { SPEECH_PROTOCOLS } from "../../protocols/index.ts";
import type { SpeechRequest } from "../../protocols/speech-wire.ts";
import type { SpeechTerms } from "./terms.ts";

/** Speaks one text after another, each as a file of its own. */
export interface Speaker {
  isJob: boolean;
  /** Of everything that was asked for, what could not be told to this one. */
  ignored: IgnoredOverride[];
  /** The one that speaks, where that turns out only here. */
  model?: string;
  /** What is to be spoken, where that is not all of the text, cut at the service's limit. */
  texts?: readonly string[];
  /** `call` is this text's own. */
  speak(text: string, call: Call): Promise<ArrivedSpeech>;
}

export interface SpeakerNeeds {
  /** All of the text. */
  whole: string;
  terms: SpeechTerms;
  arrivals: Arrivals;
  onState(state: string): void;
}

/** What speaks for a candidate, by the wire of its row. */
export async function speakerOf(
  context: Context,
  candidate: Candidate,
  needs: SpeakerNeeds,
  call: Call,
): Promise<Speaker> {
  switch (candidate.provider.speech?.protocol) {
    case "local-flite":
      return embeddedSpeaker(context, candidate, needs);
    case "speech-program":
      return programSpeaker(context, candidate, needs);
    case "edge-read-aloud":
      return edgeSpeaker(context, candidate, needs, call);
    default:
      return vendorSpeaker(context, candidate, needs, call);
  }
}

async function vendorSpeaker(
  context: Context,
  candidate: Candidate,
  { terms, arrivals, onState }: SpeakerNeeds,
  opening: Call,
): Promise<Speaker> {
  const session = await openSession(context, candidate, opening.signal);
  const { route, settings } = speechRoute(candidate, session);
  const id = candidate.provider.speech?.protocol;
  if (!id || id === "local-flite" || id === "speech-program" || id === "edge-read-aloud") {
    throw new Error(`${candidate.provider.id} has no wire for speech`);
  }
  const protocol = await SPEECH_PROTOCOLS[id]();
  const ignored: IgnoredOverride[] = [];
  const speak = async (text: string, call: Call): Promise<ArrivedSpeech> => {
    const send = async (request: HttpRequest) =>
      exchange(context, call, await authorise(context, request, candidate, session, settings));
    const fetching: Fetching = {
      own: send,
      what: "audio",
      home: { baseUrl: route.baseUrl, transport: candidate.transport },
      signal: call.signal,
    };
    const built = protocol.build(requestFor(terms, text), route);
    remember(ignored, built.ignored);
    const read = (reply: Parameters<typeof readSpeech>[2]) => readSpeech(protocol, route, reply, arrivals);
    const answer = await followJob(context, call, built.request, send, read, onState).catch((thrown) =>
      Promise.reject(aboutVoice(thrown, candidate)),
    );
    if (answer.usage) context.report.usage = addUsage(context.report.usage, answer.usage);
    // It has been made: what goes wrong from here on is no reason to make it again.
    return collectSpeech(context, answer, arrivals, fetching).catch((thrown) => Promise.reject(unrepeatable(thrown)));
  };
  return { isJob: protocol.job ?? false, ignored, speak: patient(context, candidate, speak) };
}

/** An address that has a voice in it is not there either when the voice is not. */
function aboutVoice(thrown: unknown, { provider }: Candidate): unknown {
  if (!(thrown instanceof InferError) || !["not_found", "provider_error"].includes(thrown.type)) return thrown;
  if (!/\b(?:voice|speaker)/i.test(thrown.message)) return thrown;
  return thrown.with({ hint: `Check --voice. The voices that there are: infer tts voices --provider ${provider.id}` });
}

/** OpenClaw's `timeoutMs` of a provider is for one request. */
function patient(context: Context, candidate: Candidate, speak: Speaker["speak"]): Speaker["speak"] {
  const ms = candidate.speech?.timeoutMs;
  if (ms === undefined) return speak;
  return async (text, call) => {
    const { signal } = call;
    using limit = deadline(context, context.now() + ms, () => stalled(candidate, call, ms), null);
    call.signal = AbortSignal.any([signal, limit.signal]);
    try {
      return await speak(text, call);
    } finally {
      call.signal = signal;
    }
  };
}

async function edgeSpeaker(
  context: Context,
  candidate: Candidate,
  { terms, arrivals }: SpeakerNeeds,
  opening: Call,
): Promise<Speaker> {
  const { speakOverEdge } = await import("../../engine/edge-speech.ts");
  const session: Session = await openSession(context, candidate, opening.signal);
  const { route } = speechRoute(candidate, session);
  const ignored = terms.instructions === undefined ? [] : [{ key: "instructions", value: terms.instructions }];
  const speak = async (text: string, call: Call): Promise<ArrivedSpeech> =>
    written(speakOverEdge(context, candidate, requestFor(terms, text), route.baseUrl, call), arrivals);
  return { isJob: false, ignored, speak: patient(context, candidate, speak) };
}

async function programSpeaker(
  context: Context,
  candidate: Candidate,
  { terms, arrivals }: SpeakerNeeds,
): Promise<Speaker> {
  const { findSpeechProgram, programFormat } = await import("../../engine/speech-programs.ts");
  const { speakWithProgram } = await import("../../engine/speech-program.ts");
  const { model, env = context.env } = candidate;
  const program = await findSpeechProgram(terms.options, env, model ?? undefined, context.cwd);
  if ("missing" in program) throw notThere(program);
  const { voice, speed, namedFormat, instructions } = terms;
  if (namedFormat !== undefined && program.writes !== undefined && namedFormat !== program.writes) {
    throw otherFormat(program, namedFormat);
  }
  const ignored = instructions === undefined ? [] : [{ key: "instructions", value: instructions }];
  const format = programFormat(namedFormat);
  const speak = (text: string, call: Call): Promise<ArrivedSpeech> =>
    speakWithProgram(context, program, { text, voice, speed, format }, call, (recorded) => {
      remember(ignored, recorded.ignored);
      return written(Bun.file(recorded.path).stream(), arrivals);
    });
  return { isJob: false, ignored, model: program.name, speak: patient(context, candidate, speak) };
}

/** Nothing here makes one of the other, as OpenClaw does with ffmpeg. */
function otherFormat({ name, known, writes }: SpeechProgram, format: SpeechFormat): InferError {
  if (known) return new InferError("usage", `${name} gives no ${format}.`, { hint: `Use --format ${writes}.` });
  return new InferError("usage", `${name} is set up to write ${writes}, not ${format}.`, {
    hint: `Use --format ${writes}, or have it write ${format}, and say so: outputFormat under messages.tts.providers.tts-local-cli in the config.`,
  });
}

/** Enough letters to recognise a script by. */
const MOST_LETTERS = 20;

async function embeddedSpeaker(
  context: Context,
  { provider }: Candidate,
  { whole, terms, arrivals }: SpeakerNeeds,
): Promise<Speaker> {
  const voices = provider.speech?.voices?.map(({ id }) => id) ?? [];
  const { voice = "", speed = 1 } = terms;
  if (!voices.includes(voice)) {
    throw new InferError("not_found", `There is no voice "${voice}".`, { hint: `Voices: ${voices.join(", ")}` });
  }
  const { speakLocally } = await import("../../local/speak.ts");
  const { speakableText, unspeakableLetters } = await import("../../local/speakable-text.ts");
  const { longest } = terms;
  const texts = longest === undefined ? [whole] : textPieces(whole, longest);
  // A part that is in another script altogether has no sound; if that is all of the text, the engine says so.
  const spoken = texts.filter((text) => /[a-z0-9]/i.test(speakableText(text)));
  let left = unspeakableLetters(whole);
  const ignored = terms.instructions === undefined ? [] : [{ key: "instructions", value: terms.instructions }];
  const speak = async (text: string, { signal }: Call): Promise<ArrivedSpeech> => {
    const bytes = await speakLocally({ text, voice, speed }, signal);
    if (left) {
      const some = left.length > MOST_LETTERS ? `${left.slice(0, MOST_LETTERS)}…` : left;
      context.report.warnings.push(`The embedded voices read English; these characters were left out: ${some}`);
      left = "";
    }
    return written([bytes], arrivals);
  };
  return { isJob: false, ignored, texts: spoken.length > 0 ? spoken : texts, speak };
}

function requestFor({ voice, speed, instructions, persona, form, options }: SpeechTerms, text: string): SpeechRequest {
  return { text, voice, speed, instructions, persona, form, options, id: crypto.randomUUID() };
}

/** Each once, however many texts there are. */
function remember(ignored: IgnoredOverride[], more: readonly IgnoredOverride[]): void {
  for (const one of more) if (!ignored.some(({ key }) => key === one.key)) ignored.push(one);
}
