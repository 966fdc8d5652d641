import type { Session } from "../../auth/scheme.ts";
import type { Context } from "../../core/context.ts";
import { deadline } from "../../core/deadline.ts";
import type { IgnoredOverride } from "../../core/envelope.ts";
import { InferError } from "../../core/error.ts";
import { addUsage } from "../../core/usage.ts";
import type { Call } from "../../engine/attempts.ts";
import { authorise, openSession } from "../../engine/authorise.ts";
import type { Candidate } from "../../engine/candidates.ts";
import { exchange } from "../../engine/exchange.ts";
import { followJob, unrepeatable } from "../../engine/job.ts";
import type { Arrivals, Fetching } from "../../engine/media-download.ts";
import { speechRoute } from "../../engine/route.ts";
import { type ArrivedSpeech, collectSpeech, readSpeech, written } from "../../engine/speech-audio.ts";
import type { HttpRequest } from "../../http/client.ts";
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
  speak(text: string, call: Call): Promise<ArrivedSpeech>;
}

export interface SpeakerNeeds {
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
    const answer = await followJob(context, call, built.request, send, read, onState);
    if (answer.usage) context.report.usage = addUsage(context.report.usage, answer.usage);
    // It has been made: what goes wrong from here on is no reason to make it again.
    return collectSpeech(context, answer, arrivals, fetching).catch((thrown) => Promise.reject(unrepeatable(thrown)));
  };
  return { isJob: protocol.job ?? false, ignored, speak: patient(context, candidate, speak) };
}

/** OpenClaw's `timeoutMs` of a provider is for one request. */
function patient(context: Context, { provider, speech }: Candidate, speak: Speaker["speak"]): Speaker["speak"] {
  const ms = speech?.timeoutMs;
  if (ms === undefined) return speak;
  return async (text, call) => {
    using limit = deadline(context, context.now() + ms, () => `${provider.name} did not answer within ${ms} ms.`, null);
    const signal = AbortSignal.any([call.signal, limit.signal]);
    const own: Call = { ...call, signal };
    try {
      return await speak(text, own);
    } finally {
      Object.assign(call, { ...own, signal: call.signal });
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
  const { findSpeaker } = await import("../../engine/speaker.ts");
  const { speakWithProgram } = await import("../../engine/speech-program.ts");
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const program = await findSpeaker(
    terms.options,
    candidate.env ?? context.env,
    candidate.model ?? undefined,
    context.cwd,
  );
  if ("missing" in program) throw new InferError("not_found", program.missing, { hint: program.hint });
  const ignored = terms.instructions === undefined ? [] : [{ key: "instructions", value: terms.instructions }];
  const speak = async (text: string, call: Call): Promise<ArrivedSpeech> => {
    const folder = await mkdtemp(join(tmpdir(), "infer-speech-"));
    try {
      const { voice, speed } = terms;
      const spoken = await speakWithProgram(context, program, { text, voice, speed, folder }, call);
      remember(ignored, spoken.ignored);
      return await written(Bun.file(spoken.path).stream(), arrivals);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return { isJob: false, ignored, model: program.name, speak };
}

/** Enough letters to recognise a script by. */
const MOST_LETTERS = 20;

async function embeddedSpeaker(
  context: Context,
  { provider }: Candidate,
  { terms, arrivals }: SpeakerNeeds,
): Promise<Speaker> {
  const voices = provider.speech?.voices?.map(({ id }) => id) ?? [];
  const { voice = "", speed = 1 } = terms;
  if (!voices.includes(voice)) {
    throw new InferError("not_found", `There is no voice "${voice}".`, { hint: `Voices: ${voices.join(", ")}` });
  }
  const { speakLocally } = await import("../../local/speak.ts");
  const { unspeakableLetters } = await import("../../local/speakable-text.ts");
  const ignored = terms.instructions === undefined ? [] : [{ key: "instructions", value: terms.instructions }];
  const speak = async (text: string, { signal }: Call): Promise<ArrivedSpeech> => {
    const bytes = await speakLocally({ text, voice, speed }, signal);
    const left = unspeakableLetters(text);
    if (left) {
      const some = left.length > MOST_LETTERS ? `${left.slice(0, MOST_LETTERS)}…` : left;
      context.report.warnings.push(`The embedded voices read English; these characters were left out: ${some}`);
    }
    return written([bytes], arrivals);
  };
  return { isJob: false, ignored, speak };
}

function requestFor({ voice, speed, instructions, persona, form, options }: SpeechTerms, text: string): SpeechRequest {
  return { text, voice, speed, instructions, persona, form, options, id: crypto.randomUUID() };
}

/** Each once, however many texts there are. */
function remember(ignored: IgnoredOverride[], more: readonly IgnoredOverride[]): void {
  for (const one of more) if (!ignored.some(({ key }) => key === one.key)) ignored.push(one);
}
