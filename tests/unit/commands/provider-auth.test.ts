import { describe, expect, test } from "bun:test";
import type { Origin } from "../../../src/auth/scheme.ts";
import { providerAuth } from "../../../src/commands/provider-auth.ts";
import type { SavedCredential } from "../../../src/config/saved.ts";
import type { SecretValue } from "../../../src/config/secret-shape.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { bareContext, known, withEnv } from "../engine/selection.ts";

const KEY = "sk-0123456789abcdef";
const saved: SavedCredential = {
  id: "mine:default",
  provider: "mine",
  kind: "api_key",
  secret: KEY,
  source: "mine:default in /home/me/auth.json",
  own: true,
  place: "infer",
  file: "/home/me/auth.json",
};

function told(origin: Origin | null, source: string, apiKey?: SecretValue) {
  const provider = known({
    env: ["MINE_KEY"],
    configPath: "models.providers.mine",
    ...(apiKey !== undefined && { apiKey: { value: apiKey, place: "models.providers.mine.apiKey" } }),
  });
  const credential =
    origin === null ? { missing: "No key.", spoiled: false } : { source, origin, open: async () => ({}) };
  const keyring = new Keyring(bareContext(), withEnv({ MINE_KEY: KEY, SHORT_KEY: "sk-short" }));
  return providerAuth({ provider, credential }, keyring, [saved]);
}

describe("what counts", () => {
  test.each([
    ["nothing", null, "", undefined, { kind: "missing", detail: "missing" }],
    ["a saved profile, by its file", "saved", saved.source, undefined, { kind: "profiles", detail: saved.file }],
    ["a variable, masked", "env", "MINE_KEY", undefined, { kind: "env", detail: "sk...ef" }],
    ["a short one, masked entirely", "env", "SHORT_KEY", undefined, { kind: "env", detail: "****" }],
    ["the config, masked", "config", "models.providers.mine.apiKey", KEY, { kind: "models.json", detail: "sk...ef" }],
    [
      "the config's reference, as it is",
      "config",
      "MINE_KEY",
      { source: "env", id: "MINE_KEY" },
      { kind: "models.json", detail: "ref(env:MINE_KEY)" },
    ],
    ["a variable beside a config that is not used", "env", "MINE_KEY", KEY, { kind: "env", detail: "sk...ef" }],
    [
      "what a scheme found",
      "scheme",
      "the AWS profile x",
      undefined,
      { kind: "synthetic", detail: "the AWS profile x" },
    ],
    ["no need for a key", "scheme", "no key needed", undefined, { kind: "synthetic", detail: "no key needed" }],
  ] as const)("%s", (_, origin, source, apiKey, effective) => {
    const row = told(origin, source, apiKey);
    expect(row.effective).toEqual(effective);
    expect(row.source).toBe(origin === null ? null : source);
    expect(JSON.stringify(row)).not.toContain(KEY);
  });

  test("everything else that is there is told beside it", () => {
    expect(told("config", "models.providers.mine.apiKey", KEY)).toMatchObject({
      profiles: { count: 1, apiKey: 1, oauth: 0, token: 0, labels: ["mine:default=sk...ef"] },
      env: { value: "sk...ef", source: "MINE_KEY" },
      modelsJson: { value: "sk...ef", source: "null: models.providers.mine.apiKey" },
    });
  });
});
