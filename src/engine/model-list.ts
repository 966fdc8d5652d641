import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readBytes } from "../http/body.ts";
import type { ListedModel } from "../protocols/listed-model.ts";
import { parseJson } from "../protocols/message.ts";
import { MODEL_LISTS } from "../protocols/model-list.ts";
import type { Call } from "./attempts.ts";
import { authorise, openSession } from "./authorise.ts";
import type { Candidate } from "./candidates.ts";
import { headersOf, transportOf } from "./configured-request.ts";
import type { KnownProvider } from "./directory.ts";
import { exchange } from "./exchange.ts";
import type { Keyring } from "./keyring.ts";
import { baseUrlOf, isProcess, settingsOf } from "./route.ts";

/** No vendor has more; a server that always names a next page is not followed for ever. */
const MOST_PAGES = 10;
/** All pages together; the longest list there is, OpenRouter's, has a few hundred KiB. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The models that a provider says it has, each once, in its order. `pages: 1` is enough to try a credential. */
export async function listModels(
  context: Context,
  candidate: Candidate,
  call: Call,
  { pages = MOST_PAGES }: { pages?: number } = {},
): Promise<ListedModel[]> {
  const { provider } = candidate;
  const list = listOf(provider);
  if (!list) throw new InferError("usage", `There is no list of models that infer could read from ${provider.name}.`);
  const session = await openSession(context, candidate, call.signal);
  const settings = settingsOf(provider, "", session);
  const baseUrl = baseUrlOf(provider, session, settings);
  const models = new Map<string, ListedModel>();
  let page: string | undefined;
  let room = MOST_BYTES;
  for (let read = 0; read < pages; read++) {
    const request = await authorise(context, list.request(baseUrl, page), candidate, session, settings);
    const reply = await exchange(context, call, request);
    const bytes = await readBytes(reply.body, room, tooLarge);
    room -= bytes.length;
    const { models: listed, next } = list.read(parseJson(new TextDecoder().decode(bytes)));
    for (const model of listed) if (!models.has(model.id)) models.set(model.id, model);
    if (next === undefined || next === page) break;
    page = next;
  }
  return [...models.values()];
}

/** Whether a provider can be asked for its models at all. */
export function isListable(provider: KnownProvider): boolean {
  return listOf(provider) !== undefined;
}

/** The provider with its credential, as it is asked for what concerns none of its models. */
export async function withoutModel(provider: KnownProvider, keyring: Keyring): Promise<Candidate> {
  if (provider.problem) throw provider.problem;
  const credential = await keyring.credentialOf(provider, true);
  if ("missing" in credential)
    throw new InferError("auth", credential.missing, { provider: provider.id, hint: credential.hint });
  const headers = await headersOf(keyring, provider);
  if ("missing" in headers) throw new InferError("auth", headers.missing, { provider: provider.id });
  const way = await transportOf(keyring, provider);
  if ("problem" in way) throw way.problem;
  if ("missing" in way) throw new InferError("auth", way.missing, { provider: provider.id });
  return { provider, model: null, credential, ...headers, ...way, reason: "its own list" };
}

function tooLarge(): InferError {
  return new InferError("provider_error", `The list of models is larger than ${MOST_BYTES / 1024 / 1024} MiB.`);
}

function listOf({ text }: KnownProvider) {
  return text && !isProcess(text.protocol) ? MODEL_LISTS[text.protocol] : undefined;
}
