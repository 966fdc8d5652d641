import { CAPABILITIES, type CommandId, type Input, type Row, TOOLS } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Transport } from "../core/envelope.ts";
import type { Flag } from "../core/flags.ts";
import type { Result } from "../core/result.ts";

/** Runs one verb on its input, which was validated against the row with the same id. */
type Handler<Id extends CommandId> = (context: Context, input: Input<Id>) => Promise<Result>;

/** The verbs that this build has. A row without an entry here is absent from the tree, help and `list`. */
export const HANDLERS: { [Id in CommandId]?: () => Promise<Handler<Id>> } = {
  "model.run": async () => (await import("./model.ts")).run,
  "model.list": async () => (await import("./catalog.ts")).list,
  "model.inspect": async () => (await import("./catalog.ts")).inspect,
  "model.providers": async () => (await import("./catalog.ts")).providers,
  "model.auth.login": async () => (await import("./auth.ts")).login,
  "model.auth.logout": async () => (await import("./auth.ts")).logout,
  "model.auth.status": async () => (await import("./auth-status.ts")).status,
  "image.generate": async () => (await import("./image.ts")).generate,
  "image.providers": async () => (await import("./image-providers.ts")).providers,
  "image.edit": async () => (await import("./image.ts")).edit,
  "image.describe": async () => (await import("./describe.ts")).describe,
  "image.describe-many": async () => (await import("./describe.ts")).describeMany,
  "audio.transcribe": async () => (await import("./audio.ts")).transcribe,
  "audio.providers": async () => (await import("./audio-providers.ts")).providers,
  "tts.convert": async () => (await import("./tts.ts")).convert,
  "tts.voices": async () => (await import("./tts-lists.ts")).voices,
  "tts.providers": async () => (await import("./tts-lists.ts")).providers,
  "tts.personas": async () => (await import("./tts-lists.ts")).personas,
  "tts.enable": async () => (await import("./tts-state.ts")).enable,
  "tts.disable": async () => (await import("./tts-state.ts")).disable,
  "tts.set-provider": async () => (await import("./tts-state.ts")).setProvider,
  "tts.set-persona": async () => (await import("./tts-state.ts")).setPersona,
  "embedding.create": async () => (await import("./embedding.ts")).create,
  list: async () => (await import("./inventory.ts")).list,
  inspect: async () => (await import("./inventory.ts")).inspect,
  doctor: async () => (await import("./doctor.ts")).doctor,
  smoke: async () => (await import("./smoke.ts")).smoke,
};

/** The ways to run a verb that this build has. */
export const TRANSPORTS: readonly Transport[] = ["local"];

/** The flags that help and `inspect` tell of: not those of a transport that this build refuses. */
export function offered(flags: readonly Flag[]): readonly Flag[] {
  return TRANSPORTS.includes("gateway") ? flags : flags.filter(({ name }) => name !== "gateway");
}

/** The rows that this build can run, in the table's order. */
export const ROWS: readonly Row[] = [...CAPABILITIES, ...TOOLS].filter(({ id }) => Object.hasOwn(HANDLERS, id));
