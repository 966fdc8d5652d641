import { isAbsolute, join, relative, resolve, sep } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

interface ConfigPlace {
  path: string;
  /** Named by the user for infer: it has to exist. */
  required: boolean;
}

/** Where a config may be, in order; the first that exists is the config. */
export function configPlaces(flag: string | undefined, env: Env): ConfigPlace[] {
  if (flag !== undefined) return [{ path: flag, required: true }];
  const own = fromHome(env.INFER_CONFIG, env);
  if (own) return [{ path: own, required: true }];
  // OpenClaw takes a missing file for an empty one.
  const openclaw = fromHome(env.OPENCLAW_CONFIG_PATH, env);
  if (openclaw) return [{ path: openclaw, required: false }];
  const places: ConfigPlace[] = [];
  const add = (folder: string | undefined, ...rest: string[]): void => {
    if (folder) places.push({ path: join(folder, ...rest), required: false });
  };
  add(fromHome(env.OPENCLAW_STATE_DIR, env), "openclaw.json");
  add(env.XDG_CONFIG_HOME || homeFolder(env, ".config"), "infer", "config.json");
  add(homeFolder(env, ".openclaw"), "openclaw.json");
  return places;
}

/** OpenClaw's state folder, where its config and its `.env` are. `undefined` without a home. */
export function openclawFolder(env: Env): string | undefined {
  return fromHome(env.OPENCLAW_STATE_DIR, env) || homeFolder(env, ".openclaw");
}

/** infer's own state: generated media, saved credentials. `undefined` without a home. */
export function stateFolder(env: Env): string | undefined {
  const base = env.XDG_STATE_HOME || homeFolder(env, ".local", "state");
  return base && join(base, "infer");
}

/**
 * A path as it stands in a config: `~/` is the user's home, and a relative one starts at `folder`, the config's own. It
 * does not start at the working directory: a checkout is no place to take keys from.
 */
export function userPath(path: string, env: Env, folder: string): string {
  return resolve(folder, fromHome(path, env));
}

/** A variable's `~/` is as it is written where no shell has read it: systemd and Docker hand it over so. */
function fromHome<Path extends string | undefined>(path: Path, env: Env): Path | string {
  const trimmed = path?.trim();
  const home = trimmed !== undefined && /^~(?=$|[\\/])/.test(trimmed) ? homeFolder(env) : undefined;
  return home === undefined || trimmed === undefined ? (trimmed ?? path) : join(home, trimmed.slice(1));
}

/** Whether a path, both already resolved, leads into the folder. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function homeFolder(env: Env, ...rest: string[]): string | undefined {
  const home = env.HOME || env.USERPROFILE;
  return home && join(home, ...rest);
}
