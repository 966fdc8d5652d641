import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

interface ConfigPlace {
  path: string;
  /** Named by the user for infer: it has to exist. */
  required: boolean;
}

/** Where a config may be, in order; the first that exists is the config. */
export function configPlaces(flag: string | undefined, env: Env): ConfigPlace[] {
  if (flag !== undefined) return [{ path: flag, required: true }];
  if (env.INFER_CONFIG) return [{ path: env.INFER_CONFIG, required: true }];
  // OpenClaw takes a missing file for an empty one.
  if (env.OPENCLAW_CONFIG_PATH) return [{ path: env.OPENCLAW_CONFIG_PATH, required: false }];
  const places: ConfigPlace[] = [];
  const add = (folder: string | undefined, ...rest: string[]): void => {
    if (folder) places.push({ path: join(folder, ...rest), required: false });
  };
  add(env.OPENCLAW_STATE_DIR, "openclaw.json");
  add(env.XDG_CONFIG_HOME || homeFolder(env, ".config"), "infer", "config.json");
  add(homeFolder(env, ".openclaw"), "openclaw.json");
  return places;
}

/** OpenClaw's state folder, where its config and its `.env` are. `undefined` without a home. */
export function openclawFolder(env: Env): string | undefined {
  return env.OPENCLAW_STATE_DIR || homeFolder(env, ".openclaw");
}

/** infer's own state: generated media, saved credentials. `undefined` without a home. */
export function stateFolder(env: Env): string | undefined {
  const base = env.XDG_STATE_HOME || homeFolder(env, ".local", "state");
  return base && join(base, "infer");
}

function homeFolder(env: Env, ...rest: string[]): string | undefined {
  const home = env.HOME || env.USERPROFILE;
  return home && join(home, ...rest);
}
