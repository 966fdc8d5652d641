import { type LoadedConfig, parseConfig } from "../../../src/config/file.ts";
import { type Candidate, type ServiceName, selectCandidates } from "../../../src/engine/candidates.ts";
import type { KnownProvider } from "../../../src/engine/directory.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { PROVIDERS } from "../../../src/providers/table.ts";
import type { Provider } from "../../../src/providers/types.ts";
import { type FakeContext, type FakeWorld, fakeContext } from "../../support/context.ts";

export type Env = Record<string, string>;

export interface Asked {
  service?: ServiceName;
  provider?: string;
  model?: string;
  fallback?: readonly string[];
}

export function loaded(config: unknown, env: Env = {}): LoadedConfig {
  return parseConfig(JSON.stringify(config), "/home/me/openclaw.json", env);
}

/** No config at all. */
export const NOTHING: LoadedConfig = { ...loaded({}), path: null };

export function withEnv(env: Env): LoadedConfig {
  return { ...NOTHING, env };
}

type Serve = (url: string, init: RequestInit) => Response | Promise<Response>;

/** A machine on which these servers listen, by `host:port`, and every other connection is refused. */
export function machine(servers: Record<string, Serve> = {}): { fetch: typeof globalThis.fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    asked.push(url);
    const serve = servers[new URL(url).host];
    if (serve) return serve(url, init);
    throw Object.assign(new Error("Unable to connect."), { code: "ECONNREFUSED" });
  };
  return { fetch: fetch as unknown as typeof globalThis.fetch, asked };
}

/** No home folder to find a login in, and nobody who listens. */
export function bareContext(world: FakeWorld = {}): FakeContext {
  return fakeContext({ env: { HOME: "/nowhere" }, fetch: machine().fetch, ...world });
}

export function select(asked: Asked, from: LoadedConfig, context = bareContext()): Promise<Candidate[]> {
  const { service = "text", fallback = [], ...wanted } = asked;
  return selectCandidates({ service, fallback, ...wanted }, new Keyring(context, from));
}

export async function only(asked: Asked, from: LoadedConfig, context = bareContext()): Promise<Candidate> {
  const [candidate, ...others] = await select(asked, from, context);
  if (!candidate || others.length > 0) throw new Error(`${others.length + 1} candidates`);
  return candidate;
}

export const refs = (candidates: readonly Pick<Candidate, "provider" | "model">[]): string[] =>
  candidates.map(({ provider, model }) => `${provider.id}/${model}`);

/** The key that would be sent. */
export async function keyOf({ credential }: Candidate): Promise<string | null> {
  return (await credential?.open(new AbortController().signal))?.key ?? null;
}

/** A provider that only the tests know, as the directory would hand it out. */
export function known(parts: Partial<KnownProvider>): KnownProvider {
  return { id: "mine", name: "Mine", env: [], baseUrl: "https://mine.example/v1", models: [], ...parts };
}

/** The rows that have something. */
export function rowsWith<Part extends keyof Provider>(part: Part): (Provider & Required<Pick<Provider, Part>>)[] {
  return PROVIDERS.filter((row): row is Provider & Required<Pick<Provider, Part>> => row[part] !== undefined);
}
