import { isRecord } from "../core/json.ts";
import type { SavedCredential, SavedProfile } from "./saved.ts";
import type { SecretReference, SecretValue } from "./secret-shape.ts";

/** Where a profile was found. */
export type ProfilePlace = Pick<SavedProfile, "place" | "file" | "own">;

/** A saved login as its file has it: OpenClaw's shape, which infer's own store has too. */
export type RawProfile = Readonly<Record<string, unknown>>;

/** The part of a profile that is kept somewhere else than in its file; `undefined` when it cannot be had. */
export type KeptApart = () => Promise<RawProfile | undefined>;

/**
 * A profile by what its file tells; `undefined` for one that has no credential in it. OpenClaw takes a few older
 * spellings, and so does this.
 */
export function toProfile(
  id: string,
  raw: RawProfile,
  place: ProfilePlace,
  keptApart?: KeptApart,
): SavedProfile | undefined {
  const named = text(raw.provider)?.trim();
  // infer's own has the provider's id as it is; OpenClaw's spelling of one is free.
  const provider = place.own ? named : named?.toLowerCase();
  const kind = kindOf(raw);
  if (!provider || !kind) return undefined;
  const expires = raw.expires === undefined ? undefined : milliseconds(raw.expires);
  const accountId = text(raw.accountId);
  const facts = {
    id,
    // OpenClaw keeps ChatGPT's logins under `openai`, whose API does not take them.
    provider: kind === "oauth" && provider === "openai" ? "openai-codex" : provider,
    kind,
    ...(expires !== undefined && { expires }),
    ...(accountId !== undefined && { accountId }),
    source: `${id} in ${place.file}`,
    ...place,
  };
  const withSecrets = (secrets: RawProfile): SavedCredential | undefined => {
    const found = secretsOf({ ...raw, ...secrets }, kind);
    return found && { ...facts, ...found };
  };
  if (keptApart) {
    const read = async (): Promise<SavedCredential | undefined> => {
      const secrets = await keptApart();
      return secrets && withSecrets(secrets);
    };
    return { ...facts, read: once(read) };
  }
  const credential = withSecrets({});
  return credential && { ...facts, read: async () => credential };
}

/** Does it when it is first asked for, and never again. */
export function once<T>(act: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}

/** A text that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function kindOf({ type, mode }: RawProfile): SavedCredential["kind"] | undefined {
  const name = type ?? mode;
  if (name === "api_key" || name === "apiKey") return "api_key";
  return name === "token" || name === "oauth" ? name : undefined;
}

function secretsOf(
  raw: RawProfile,
  kind: SavedCredential["kind"],
): Pick<SavedCredential, "secret" | "refresh"> | undefined {
  if (kind === "oauth") {
    const [access, refresh] = [text(raw.access), text(raw.refresh)];
    // An access token can be had for a refresh token.
    if (access === undefined && refresh === undefined) return undefined;
    return { secret: access ?? "", ...(refresh !== undefined && { refresh }) };
  }
  const [value, reference] = kind === "api_key" ? [raw.key ?? raw.apiKey, raw.keyRef] : [raw.token, raw.tokenRef];
  const secret: SecretValue | undefined = [reference, value].find(isReference) ?? text(value);
  return secret === undefined ? undefined : { secret };
}

/** OpenClaw's SecretRef. `${NAME}` in a key is one, too, which is told when it is read. */
function isReference(value: unknown): value is SecretReference {
  return isRecord(value) && ["env", "file", "exec"].includes(String(value.source)) && text(value.id) !== undefined;
}

/** Anything else than a moment counts as long past. */
function milliseconds(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** How to log in again: the tool whose login it is has to be told, or it would go on with the old one. */
export function loginCommand(provider: string, place: SavedProfile["place"]): string {
  const commands = {
    infer: `infer model auth login --provider ${provider}`,
    openclaw: `openclaw models auth login --provider ${provider}`,
    codex: "codex login",
  };
  return commands[place];
}
