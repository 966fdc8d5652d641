import { SCHEMES } from "../auth/scheme.ts";
import { loadConfig } from "../config/file.ts";
import { removeProfiles, saveProfile } from "../config/store.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { findProvider, type KnownProvider, knownProviders } from "../engine/directory.ts";
import { isGiven, Keyring } from "../engine/keyring.ts";
import { baseUrlOf } from "../engine/route.ts";
import { readBytes } from "../http/body.ts";
import { tell, tellWarnings } from "./warnings.ts";

/** `infer model auth login` */
export async function login(context: Context, input: Input<"model.auth.login">): Promise<Result> {
  // Before anything can fail: a key in argv must not be in a message.
  if (input.apiKey && input.apiKey !== "-") context.secrets.add(input.apiKey).add(input.apiKey.trim());
  const loaded = await loadConfig(context);
  const providers = knownProviders(loaded);
  const provider = findProvider(providers, input.provider) ?? unknown(input.provider, providers);
  await checkLogin(provider);
  const key =
    input.method === "browser"
      ? await fromBrowser(context, provider, input.apiKey)
      : await fromUser(context, provider, input.apiKey);
  context.secrets.add(key);
  const id = `${provider.id}:default`;
  const storedIn = await saveProfile(context, { id, type: "api_key", provider: provider.id, key });
  await tellOthers(context, provider, id);
  await tellWarnings(context);
  const value = { provider: provider.id, profile: id, storedIn };
  const place = storedIn === "keychain" ? "the keychain" : storedIn;
  return { kind: "inventory", value, text: `${id} is saved in ${place}` };
}

/** `infer model auth logout` */
export async function logout(context: Context, input: Input<"model.auth.logout">): Promise<Result> {
  const loaded = await loadConfig(context);
  const providers = knownProviders(loaded);
  const provider = findProvider(providers, input.provider);
  const names = provider ? [provider.id, ...(provider.aliases ?? [])] : [input.provider];
  const removed = await removeProfiles(
    context,
    names.map((name) => name.toLowerCase()),
  );
  // What was saved for a provider that the config no longer has can still be removed.
  if (!provider && removed.length === 0) unknown(input.provider, providers);
  if (provider) await tellRest(context, provider, new Keyring(context, loaded));
  await tellWarnings(context);
  const value = { provider: provider?.id ?? input.provider, removedProfiles: removed };
  const text = removed.length > 0 ? `Removed ${removed.join(", ")}` : `infer has nothing saved for ${value.provider}`;
  return { kind: "inventory", value, text };
}

export function unknown(name: string, providers: readonly KnownProvider[]): never {
  const ids = providers.filter(({ embedded }) => !embedded).map(({ id }) => id);
  const guess = didYouMean(name, ids);
  const hint = guess ? `${guess} See infer model providers` : `Known: ${ids.join(", ")}`;
  throw new InferError("not_found", `There is no provider "${name}".`, { hint });
}

/** The schemes that start from a key of the user's own, which can be pasted. */
const WITH_KEY: readonly string[] = ["aws-bearer", "github-copilot"];

/** Refuses providers that have nothing to be logged in with. */
async function checkLogin(provider: KnownProvider): Promise<void> {
  const { id, name, scheme, keyless, embedded, env } = provider;
  if (embedded) throw new InferError("usage", `${name} need no login.`);
  if (keyless) {
    const [variable] = env;
    const hint = variable && `If yours wants a key, set ${variable}, or models.providers.${id}.apiKey in the config.`;
    throw new InferError("usage", `${name} needs no login.`, { hint });
  }
  if (scheme === undefined || WITH_KEY.includes(scheme)) return;
  const missing = (await SCHEMES[scheme]?.())?.missing ?? "it takes no key that could be saved.";
  throw new InferError("usage", `${name} has no key to save: ${missing}`, {
    hint: `infer model auth status --provider ${id} says whether it is set up.`,
  });
}

/** From argv, from stdin, or from the terminal. */
async function fromUser(context: Context, provider: KnownProvider, given: string | undefined): Promise<string> {
  const { stdio } = context;
  if (given !== undefined && given !== "-") {
    await tell(
      context,
      "warn",
      "A key in the arguments can be seen by others on this machine, and stays in the shell's history.",
    );
    await tell(context, "warn", "Pipe it in with --api-key -, or leave --api-key out to be asked for it.");
    return checkedKey(given);
  }
  const kind = stdio.stdinKind();
  using limit = deadline(context, context.endsAt, () => "No key was given in time.");
  if (kind === "pipe" || kind === "file") return checkedKey(await piped(context, limit.signal));
  // Also for `-`: typed into a terminal, a key would stand there.
  if (kind === "terminal") return checkedKey(await stdio.askSecret(`Key for ${provider.name}: `, limit.signal));
  throw new InferError("usage", "There is no key, and no terminal to ask for it.", {
    hint: `Pipe it in: infer model auth login --provider ${provider.id} --api-key - < key.txt`,
  });
}

const LONGEST_KEY = 64 * 1024;

async function piped(context: Context, signal: AbortSignal): Promise<string> {
  const bytes = await readBytes(context.stdio.stdin(signal), LONGEST_KEY, () => {
    return new InferError("usage", "What came on stdin is too long to be a key.");
  });
  return new TextDecoder().decode(bytes);
}

/** What could not be sent is not saved. */
function checkedKey(given: string): string {
  const key = given.replace(/^\uFEFF/, "").trim();
  if (key === "") throw new InferError("usage", "The key is blank.");
  if (/^\$(?:\w+|\{\w+\})$/.test(key)) {
    throw new InferError("usage", `The key is "${key}": the name of a variable, and not what is in it.`, {
      hint: "The shell fills it in without quotes or in double ones. A variable that infer reads needs no login.",
    });
  }
  if (!/[^\x21-\x7e]/.test(key)) return key;
  throw new InferError("usage", "The key has blanks, control characters or letters that no header takes inside.", {
    hint: "Give the key alone, on one line.",
  });
}

async function fromBrowser(context: Context, provider: KnownProvider, given: string | undefined): Promise<string> {
  if (given !== undefined) throw new InferError("usage", "Pass only one of --api-key or --method browser.");
  if (provider.login !== "openrouter-pkce") {
    throw new InferError("usage", `${provider.name} offers other tools no login with a browser.`, {
      hint: `Paste a key: infer model auth login --provider ${provider.id}`,
    });
  }
  const { loginToOpenrouter } = await import("../auth/openrouter-login.ts");
  const { openBrowser } = await import("../auth/browser.ts");
  const show = async (url: string): Promise<void> => {
    const isOpen = openBrowser(context, url);
    // The user has to see it, also with --quiet.
    context.stdio.writeErr(
      `${isOpen ? "Your browser should show" : "Open this page in a browser on this machine"}:\n  ${url}\n`,
    );
  };
  return checkedKey(await loginToOpenrouter(context, { baseUrl: baseUrlOf(provider, {}), show }));
}

/** Something else may come before what was just saved. */
async function tellOthers(context: Context, provider: KnownProvider, id: string): Promise<void> {
  const keyring = new Keyring(context, await loadConfig(context));
  const used = await keyring.credentialOf(provider, true);
  const own = (await keyring.saved()).find((saved) => saved.own && saved.id === id);
  if (!("missing" in used) && used.source !== own?.source) {
    await tell(context, "warn", `${used.source} is set as well, and comes before the saved key.`);
  }
}

/** What a logout cannot take away. */
async function tellRest(context: Context, provider: KnownProvider, keyring: Keyring): Promise<void> {
  const rest = await keyring.credentialOf(provider, true);
  if ("missing" in rest || !isGiven(rest)) return;
  const saved = (await keyring.saved()).find(({ source }) => source === rest.source);
  const who = saved?.place === "openclaw" ? "OpenClaw still has a login" : "There is still a credential";
  await tell(context, "warn", `${who} for ${provider.name}: ${rest.source}.`);
}
