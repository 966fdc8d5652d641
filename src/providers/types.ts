import type { TextProtocolId } from "../protocols/index.ts";
import type { TextQuirks } from "../protocols/wire.ts";

/** How a key is put on a request. The first form whose `keys` the key matches is used. */
export interface AuthForm {
  keys?: RegExp;
  header: string;
  /** Before the key, with its space. */
  prefix?: string;
  /** Headers that go with this form. */
  also?: Readonly<Record<string, string>>;
}

/** One thing that a provider can do, and the wire it is done over. */
interface Service<Protocol extends string> {
  protocol: Protocol;
  /** Used when the provider is chosen without a model. */
  defaultModel?: string;
  /** All the models there are; without it the vendor decides. */
  models?: readonly string[];
}

export interface TextService extends Service<TextProtocolId> {
  quirks?: TextQuirks;
  /** Put before a model id that has no `/` in it. */
  bareModelPrefix?: string;
}

/**
 * One vendor, as data. A vendor that speaks a wire which exists already needs no more than this row; there is no
 * control flow in this room.
 */
export interface Provider {
  /** OpenClaw's spelling. */
  id: string;
  name: string;
  aliases?: readonly string[];
  /** Environment variables that may hold the key, the first that is set wins. */
  env: readonly string[];
  baseUrl: string;
  /** Default: `Authorization: Bearer <key>`. */
  auth?: readonly AuthForm[];
  /** Works without a key: servers on the user's own machine. */
  keyless?: true;
  /** The command that starts it, for a server on the user's own machine. */
  start?: string;
  /** The engines of `src/local/`: there without being set up. */
  embedded?: true;
  headers?: Readonly<Record<string, string>>;
  text?: TextService;
  embedding?: Service<"local-use-lite">;
  speech?: Service<"local-flite">;
}
