import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { speechRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import { notThere } from "../process/find-program.ts";
import { failureInside } from "../protocols/failure.ts";
import { VOICE_LISTS } from "../protocols/index.ts";
import { parseJson } from "../protocols/message.ts";
import type { SpeechVoice, VoiceList } from "../protocols/speech-wire.ts";
import type { SpeechService } from "../providers/types.ts";

/**
 * `tts.voices`: the vendor's own list where it has one and there is a credential for it; else what is known without
 * asking. Fails as `not_found` when nothing is known, and as `auth` when the vendor refuses the credential.
 */
export async function listVoices(context: Context, candidate: Candidate): Promise<readonly SpeechVoice[]> {
  const { speech, name } = candidate.provider;
  if (!speech) throw candidate.problem ?? new Error(`${candidate.provider.id} has no speech`);
  if (speech.protocol === "speech-program") return programVoices(context, candidate);
  const { voiceList } = speech;
  if (voiceList && !candidate.problem) {
    const list = await VOICE_LISTS[voiceList]();
    const plan = { candidates: [candidate], mayRepeat: () => true };
    return tryCandidates(context, plan, (one, call) =>
      ask(context, one, list, call).catch((thrown) => Promise.reject(aboutAddress(thrown, one))),
    );
  }
  const known = knownVoices(speech);
  if (known.length === 0) {
    throw new InferError("not_found", `${name} has no list of its voices.`, {
      hint: "Its documentation names them, for tts convert --voice <id>.",
    });
  }
  if (voiceList && candidate.problem) {
    const { message, details } = candidate.problem;
    const why = [`These are the voices that are known without ${name}'s own list.`, message, details.hint];
    context.report.warnings.push(why.filter(Boolean).join(" "));
  }
  return known;
}

/** One that is used without being named is known at least. */
function knownVoices({ voices = [], defaultVoice }: SpeechService): readonly SpeechVoice[] {
  if (voices.length > 0 || defaultVoice === undefined) return voices;
  return [{ id: defaultVoice, name: defaultVoice }];
}

async function ask(context: Context, candidate: Candidate, list: VoiceList, call: Call): Promise<SpeechVoice[]> {
  const session = await openSession(context, candidate, call.signal);
  const { route, settings } = speechRoute(candidate, session);
  const all: SpeechVoice[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const asked = list.request(route, context.now(), after);
    const reply = await exchange(context, call, await authorise(context, asked, candidate, session, settings));
    const { voices, failure, next } = list.read(parseJson(await readText(reply.body)), after);
    if (failure !== undefined) throw failureInside(failure, reply.status);
    all.push(...voices);
    after = next;
  }
  // A server that knows no pages sends the first one again.
  return [...new Map(all.map((voice) => [voice.id, voice])).values()];
}

/** No model is asked for voices: only the place can be wrong. */
function aboutAddress(thrown: unknown, { provider }: Candidate): unknown {
  if (!(thrown instanceof InferError) || thrown.type !== "not_found") return thrown;
  return thrown.with({ hint: `Check the address (${URL.parse(provider.baseUrl)?.host}).` });
}

async function programVoices(context: Context, candidate: Candidate): Promise<readonly SpeechVoice[]> {
  const { findSpeechProgram } = await import("../engine/speech-programs.ts");
  const { programVoices: voicesOf } = await import("../engine/program-voices.ts");
  const { speech, model, env = context.env } = candidate;
  const program = await findSpeechProgram(speech?.options ?? {}, env, model ?? undefined, context.cwd);
  if ("missing" in program) throw notThere(program);
  using limit = deadline(context, context.endsAt, () => `${program.name} did not list its voices in time.`);
  return await voicesOf(program, context, limit.signal);
}
