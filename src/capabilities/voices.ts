import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { speechRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import type { HttpRequest } from "../http/client.ts";
import { failureInside } from "../protocols/failure.ts";
import { VOICE_LISTS } from "../protocols/index.ts";
import { parseJson } from "../protocols/message.ts";
import type { SpeechVoice, VoiceList } from "../protocols/speech-wire.ts";

/** A list that never ends must not be followed for ever. */
const MOST_PAGES = 100;

/**
 * `tts.voices`: the vendor's own list where it has one and there is a credential for it; else what is known without
 * asking. Fails as `auth` when nothing is known and nobody may ask, and when the vendor refuses the credential.
 */
export async function listVoices(context: Context, candidate: Candidate): Promise<readonly SpeechVoice[]> {
  const { speech } = candidate.provider;
  if (!speech) throw candidate.problem ?? new Error(`${candidate.provider.id} has no speech`);
  if (speech.protocol === "speech-program") return programVoices(context, candidate);
  const known = speech.voices ?? [];
  const { voiceList } = speech;
  if (!voiceList) {
    if (candidate.problem && known.length === 0) throw candidate.problem;
    if (known.length > 0) return known;
    throw new InferError("not_found", `${candidate.provider.name} has no list of its voices.`, {
      hint: "Its documentation names them: --voice <id>",
    });
  }
  if (candidate.problem && known.length > 0) return known;
  const list = await VOICE_LISTS[voiceList]();
  const plan = { candidates: [candidate], mayRepeat: () => true };
  return tryCandidates(context, plan, (one, call) => ask(context, one, list, call));
}

async function ask(context: Context, candidate: Candidate, list: VoiceList, call: Call): Promise<SpeechVoice[]> {
  const session = await openSession(context, candidate, call.signal);
  const { route, settings } = speechRoute(candidate, session);
  const voices: SpeechVoice[] = [];
  let request: HttpRequest | undefined = list.request(route, context.now());
  for (let page = 0; request && page < MOST_PAGES; page++) {
    const reply = await exchange(context, call, await authorise(context, request, candidate, session, settings));
    const answer = list.read(parseJson(await readText(reply.body)), route);
    if (answer.failure !== undefined) throw failureInside(answer.failure, reply.status);
    voices.push(...answer.voices);
    request = answer.next;
  }
  return voices;
}

async function programVoices(context: Context, candidate: Candidate): Promise<readonly SpeechVoice[]> {
  const { findSpeaker } = await import("../engine/speaker.ts");
  const { programVoices: voicesOf } = await import("../engine/program-voices.ts");
  const { speech, model, env = context.env } = candidate;
  const program = await findSpeaker(speech?.options ?? {}, env, model ?? undefined, context.cwd);
  if ("missing" in program) throw new InferError("not_found", program.missing, { hint: program.hint });
  using limit = deadline(context, context.endsAt, () => `${program.name} did not list its voices in time.`);
  return await voicesOf(program, context, limit.signal);
}
