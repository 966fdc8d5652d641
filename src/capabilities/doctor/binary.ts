import { VERSION } from "../../version.ts";
import { type Check, ok, type Setup, warn } from "./check.ts";

/** Variables of the Bun inside: `--preload` in BUN_OPTIONS runs code, BUN_BE_BUN=1 makes infer another program. */
const TAKEN_OVER = ["BUN_OPTIONS", "BUN_BE_BUN"];

/** Which infer this is, and whether the environment lets it be that. */
export async function checkBinary({ context }: Setup): Promise<Check[]> {
  const { version, commit, target } = VERSION;
  const set = TAKEN_OVER.filter((name) => context.env[name]);
  return [
    ok("binary", `infer ${version} (${commit}, ${target})`),
    ...set.map((name) =>
      warn(`environment.${name}`, `${name} is set: it changes what this program does.`, `unset ${name}`),
    ),
  ];
}
