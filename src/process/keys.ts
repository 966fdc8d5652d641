import { redact } from "../core/redact.ts";

/** `OPENAI_API_KEY`, `HF_TOKEN`, `AWS_SECRET_ACCESS_KEY`, `AWS_BEARER_TOKEN_BEDROCK`: any provider's, and the user's own. */
const KEY_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD)(?:_(?!DIR|FILE|PATH|URL|NAME)[A-Z0-9]+)?$/i;

/** What is shorter may be a word of the message. */
const SHORTEST_KEY = 8;

/** The keys of an environment, by their variables' names: a program that is given it may print them. */
export function keysIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const key = value?.trim() ?? "";
    return key.length >= SHORTEST_KEY && KEY_NAME.test(name) ? [key] : [];
  });
}

/** What a program has said, without the keys that it was given. */
export function withoutKeys(words: string, env: Readonly<Record<string, string | undefined>>): string {
  return redact(words, keysIn(env));
}
