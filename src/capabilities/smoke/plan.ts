import { defaultModels } from "../../config/agent.ts";
import { CAPABILITIES } from "../../core/capability.ts";
import { InferError } from "../../core/error.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type Candidate, type ServiceName, selectCandidates } from "../../engine/candidates.ts";
import { findProvider, type KnownProvider, knownProviders } from "../../engine/directory.ts";
import type { Keyring } from "../../engine/keyring.ts";
import { specialistFor } from "../../engine/specialist.ts";
import { visionDefault } from "../../engine/vision.ts";
import { FIRST_STEPS } from "../../providers/table.ts";
import { configuredProviders } from "../configured.ts";
import { SMOKE_REQUESTS, type SmokeRequest } from "./requests.ts";

export interface SmokeWanted {
  /** Only these, set up or not; none named means every one that is set up. */
  providers: readonly string[];
  /** Only these capabilities or families: `model.run`, `tts`. What costs money is among them only when it is named. */
  capabilities: readonly string[];
}

/** One request to make. */
export interface SmokeTarget {
  request: SmokeRequest;
  candidate: Candidate;
  /** Why there is nothing to ask: it says nothing about the provider. */
  skip?: InferError;
}

/** What to ask of whom, chosen as the run path chooses. */
export async function planSmoke(keyring: Keyring, wanted: SmokeWanted): Promise<SmokeTarget[]> {
  const requests = requestsFor(wanted.capabilities);
  const plan = new Plan(keyring, requests, await configuredModels(keyring, requests));
  const targets = wanted.providers.length > 0 ? await plan.named(wanted.providers) : await plan.everything();
  if (targets.length > 0) return targets;
  const what = requests.map(({ capability }) => capability).join(", ");
  throw new InferError("auth", `There is nothing to test: no provider for ${what} is set up.`, { hint: FIRST_STEPS });
}

class Plan {
  readonly #known: readonly KnownProvider[];

  constructor(
    readonly keyring: Keyring,
    readonly requests: readonly SmokeRequest[],
    /** The text models that the config names, by provider: they are what the user runs. */
    readonly models: ReadonlyMap<string, Candidate>,
  ) {
    this.#known = knownProviders(keyring.loaded);
  }

  async named(names: readonly string[]): Promise<SmokeTarget[]> {
    const targets: SmokeTarget[] = [];
    const ids = new Map(names.map((name) => [findProvider(this.#known, name)?.id ?? name, name]));
    for (const name of ids.values()) {
      const provider = findProvider(this.#known, name);
      const served = provider ? await this.#servedBy(provider) : [];
      // One that does not exist, or that does not do what is asked: choosing it says so.
      for (const request of served.length > 0 ? served : this.requests) {
        targets.push({ request, candidate: await this.#choose(name, provider?.id, request) });
      }
    }
    return targets;
  }

  async everything(): Promise<SmokeTarget[]> {
    const configured = new Set(
      (await configuredProviders(this.keyring, this.#known)).map(({ provider }) => provider.id),
    );
    const chosen = this.#known.filter(({ id, embedded }) => embedded || configured.has(id) || this.models.has(id));
    const targets: SmokeTarget[] = [];
    for (const provider of chosen) {
      for (const request of await this.#servedBy(provider)) {
        const candidate = await this.#choose(provider.id, provider.id, request);
        targets.push({ request, candidate, ...withoutModel(candidate) });
      }
    }
    // OpenClaw's config may name a provider that infer does not have: a default that cannot run is a failure.
    const strangers = [...this.models].filter(([id]) => !this.#known.some((provider) => provider.id === id));
    const [text] = this.requests.filter(({ service }) => service === "text");
    if (text) targets.push(...strangers.map(([, candidate]) => ({ request: text, candidate })));
    // A test of nothing must not look like one that passed.
    return targets.every(({ skip }) => skip) ? targets.map(({ skip: _, ...target }) => target) : targets;
  }

  /** Every provider of text could be asked about a picture; those that have a model that sees are. */
  async #servedBy(provider: KnownProvider): Promise<SmokeRequest[]> {
    const sees = this.requests.some(({ service }) => service === "vision") && (await visionDefault(provider));
    const served: SmokeRequest[] = [];
    for (const request of this.requests) {
      const { service } = request;
      const serves = service === "vision" ? sees : await this.#hasModel(provider, service);
      if (provider[service] && serves) served.push(request);
    }
    return served;
  }

  /** A server that only the config knows may speak, and write down what it hears; the config may know with which model. */
  async #hasModel(provider: KnownProvider, service: ServiceName): Promise<boolean> {
    if (service !== "speech" && service !== "transcription") return true;
    if (provider.speech?.withoutModel !== undefined && service === "speech") return true;
    const specialist = provider[service] && (await specialistFor(service, this.keyring));
    return (await specialist?.defaultModel(provider)) !== undefined;
  }

  async #choose(name: string, id: string | undefined, { service }: SmokeRequest): Promise<Candidate> {
    const configured = service === "text" && id !== undefined ? this.models.get(id) : undefined;
    if (configured) return configured;
    const [candidate] = await selectCandidates({ service, provider: name, fallback: [] }, this.keyring);
    if (!candidate) throw new Error(`no candidate for ${name}`);
    return candidate;
  }
}

async function configuredModels(
  keyring: Keyring,
  requests: readonly SmokeRequest[],
): Promise<ReadonlyMap<string, Candidate>> {
  const models = new Map<string, Candidate>();
  const isAsked = requests.some(({ service }) => service === "text");
  if (!isAsked || defaultModels(keyring.loaded).refs.length === 0) return models;
  for (const candidate of await selectCandidates({ service: "text", fallback: [] }, keyring)) {
    const { id } = candidate.provider;
    if (!models.has(id)) models.set(id, candidate);
  }
  return models;
}

/** A server whose models only its owner knows has a key or an address, and nothing to ask it for. */
function withoutModel({ provider, model, problem }: Candidate): { skip?: InferError } {
  return model === null && problem?.type === "usage" && !provider.problem ? { skip: problem } : {};
}

function requestsFor(names: readonly string[]): readonly SmokeRequest[] {
  const chosen = names.flatMap((name) => {
    const found = SMOKE_REQUESTS.filter(({ capability }) => capability === name || capability.startsWith(`${name}.`));
    if (found.length === 0) throw unknownCapability(name);
    return found;
  });
  if (names.length === 0) return SMOKE_REQUESTS.filter(({ costly }) => !costly);
  return SMOKE_REQUESTS.filter((request) => chosen.includes(request));
}

function unknownCapability(name: string): InferError {
  const ids: string[] = SMOKE_REQUESTS.map(({ capability }) => capability);
  const isReal = CAPABILITIES.some(({ id }) => id === name || id.startsWith(`${name}.`));
  const message = isReal ? `This build has no smoke test for ${name}.` : `There is no capability "${name}".`;
  const guess = isReal ? undefined : didYouMean(name, ids);
  const known = `Known: ${ids.join(", ")}`;
  return new InferError("not_found", message, { hint: guess ? `${guess} ${known}` : known });
}
