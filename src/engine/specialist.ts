import type { InferError } from "../core/error.ts";
import type { Candidate, ServiceName } from "./candidates.ts";
import type { KnownProvider } from "./directory.ts";
import type { Keyring } from "./keyring.ts";

/** The ways to choose that a specialist may use, see `Choice`. */
export interface Chooser {
  readonly keyring: Keyring;
  find(name: string): KnownProvider;
  candidate(provider: KnownProvider, model: string | undefined, reason: string): Promise<Candidate>;
  configured(ref: string, reason: string, later?: "later"): Promise<Candidate>;
}

/** How a service chooses otherwise than by its rows alone. */
export interface Specialist {
  /** What the config names for this service, in the order in which it is tried. */
  configured(chooser: Chooser): Promise<Candidate[]>;
  /** The provider as this service and the config of it have it. */
  at(provider: KnownProvider, model: string | undefined): KnownProvider;
  defaultModel(provider: KnownProvider): Promise<string | undefined>;
  /** In the order in which the first one with a credential is taken. */
  inOrder(providers: readonly KnownProvider[]): KnownProvider[];
  /** A candidate with what the config says of it; `named`: argv has named it. */
  onTerms(candidate: Candidate, named: boolean): Candidate;
  /** The provider that a name means here, where that is not by its id or an alias alone. */
  find?(name: string): KnownProvider | undefined;
  /** Whether it can be asked without a model: its API knows none, or a program has one of its own. */
  goesWithoutModel?(provider: KnownProvider): boolean;
  /** Why it cannot be given a model. */
  refuses?(provider: KnownProvider, model: string): InferError | undefined;
  /** A model without its provider is nobody's: whoever answers in text says nothing here. */
  needsProvider?: true;
  /** What one with a credential still lacks. */
  unready?(provider: KnownProvider): InferError | undefined;
  /** What to do when nobody has a credential, where the first steps of text are none. */
  advice?: string;
  /** What is on this machine, when nobody has a credential. */
  here?(chooser: Chooser): Promise<Candidate | undefined>;
}

/** They bring tables of their own with them: each is loaded for its service only. */
const SPECIALISTS: Partial<
  Record<ServiceName, (keyring: Keyring, channel: string | undefined) => Promise<Specialist>>
> = {
  vision: async ({ loaded }) => (await import("./vision.ts")).visionSpecialist(loaded),
  speech: async (keyring, channel) => (await import("./speech-choice.ts")).speechSpecialist(keyring, channel),
  transcription: async ({ loaded }) => (await import("./transcription-choice.ts")).transcriptionSpecialist(loaded),
};

/** `undefined` for a service that goes by its rows. */
export async function specialistFor(
  service: ServiceName,
  keyring: Keyring,
  channel?: string,
): Promise<Specialist | undefined> {
  return SPECIALISTS[service]?.(keyring, channel);
}
