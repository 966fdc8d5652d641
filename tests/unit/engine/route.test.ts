// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { describe, expect, test } from "bun:test";
import type { Session } from "../../../src/auth/scheme.ts";
import type { LoadedConfig } from "../../../src/config/file.ts";
import { findProvider, type KnownProvider, knownProviders } from "../../../src/engine/directory.ts";
import { baseUrlOf, settingsOf, textRoute } from "../../../src/engine/route.ts";
import type { Setting } from "../../../src/providers/types.ts";
import { failure } from "../../support/failure.ts";
import { known, loaded, NOTHING, rowsWith, withEnv } from "./selection.ts";

const REGION: Setting = { name: "AWS region", env: ["AWS_REGION", "AWS_DEFAULT_REGION"] };
const regional = (setting: Partial<Setting> = {}, parts: Partial<KnownProvider> = {}): KnownProvider =>
  known({ baseUrl: "https://api.{region}.example/v1", settings: { region: { ...REGION, ...setting } }, ...parts });

describe("a part of the base URL", () => {
  test.each([
    ["the model", { fromModel: /^(\w+)\// }, { settingValues: { region: "user" } }, "eu/m", { region: "files" }, "eu"],
    ["the user", { default: "row" }, { settingValues: { region: "user" } }, "m", { region: "files" }, "user"],
    ["the credential's files", { default: "row" }, {}, "m", { region: "files" }, "files"],
    ["the row's default", { default: "row" }, {}, "m", {}, "row"],
    ["the default where the model does not tell", { fromModel: /^(\w+)\//, default: "row" }, {}, "m", {}, "row"],
  ] as [string, Partial<Setting>, Partial<KnownProvider>, string, Record<string, string>, string][])(
    "is told by %s",
    (_, setting, parts, model, settings, expected) => {
      const provider = regional(setting, parts);
      const session: Session = { settings };
      expect(settingsOf(provider, model, session)).toEqual({ region: expected });
      expect(baseUrlOf(provider, session, settingsOf(provider, model, session))).toBe(
        `https://api.${expected}.example/v1`,
      );
    },
  );

  test("that nothing tells is a usage error, which names the variable and the place in the config", () => {
    const error = failure(() => baseUrlOf(regional(), {}));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "usage", exitCode: 2 });
    expect(error.message).toBe("Mine wants to know the AWS region.");
    expect(error.details.hint).toContain("AWS_REGION");
    expect(error.details.hint).toContain("params.region");
    expect(error.details.hint).toContain("models.providers.mine");
  });

  test("without a variable is asked for in the config", () => {
    const { details } = failure(() => baseUrlOf(regional({ env: [] }), {}));
    expect(details.hint).toContain("params.region");
    expect(details.hint).not.toMatch(/undefined|\bset\b/);
  });

  test("that no setting declares is a usage error, too", () => {
    expect(failure(() => baseUrlOf(known({ baseUrl: "https://{account}.example" }), {})).type).toBe("usage");
  });

  test("may stand in it more than once", () => {
    const provider = regional({ default: "eu" }, { baseUrl: "https://{region}.example/{region}" });
    expect(baseUrlOf(provider, {})).toBe("https://eu.example/eu");
  });

  test("may have a value with an address of its own", () => {
    const baseUrls = { global: "https://api.example/v1" };
    const provider = regional({ default: "eu", baseUrls });
    expect(baseUrlOf(provider, {})).toBe("https://api.eu.example/v1");
    expect(baseUrlOf(provider, { settings: { region: "global" } })).toBe("https://api.example/v1");
    expect(baseUrlOf(provider, { settings: { region: "constructor" } })).toBe("https://api.constructor.example/v1");
  });
});

describe("the base URL", () => {
  const own = { hasOwnBaseUrl: true, configPath: "models.providers.mine", baseUrl: "https://proxy.example" } as const;

  test("of the config comes before the credential's, the model's and every part", () => {
    const wires = [{ model: /./, protocol: "openai-chat", baseUrl: "https://wire.example" }] as const;
    const provider = regional({}, { ...own, text: { protocol: "openai-chat", wires } });
    expect(baseUrlOf(provider, { baseUrl: "https://session.example" })).toBe("https://proxy.example");
    const candidate = { provider, model: "m", credential: null, headers: {}, secrets: [], reason: "a test" };
    expect(textRoute(candidate).route.baseUrl).toBe("https://proxy.example");
  });

  test.each([
    ["https://proxy.example", "https://proxy.example/v1beta"],
    ["https://proxy.example/gemini/", "https://proxy.example/gemini/v1beta"],
    ["https://proxy.example/v1beta/", "https://proxy.example/v1beta/"],
    ["https://proxy.example/v1", "https://proxy.example/v1"],
  ])("of the config gets the row's version where it has none: %s → %s", (baseUrl, expected) => {
    const google = findProvider(knownProviders(loaded({ models: { providers: { google: { baseUrl } } } })), "google");
    expect(baseUrlOf(google ?? known({}), {})).toBe(expected);
    const custom = { providers: { mine: { baseUrl, api: "google-generative-ai" } } };
    const mine = findProvider(knownProviders(loaded({ models: custom })), "mine");
    expect(baseUrlOf(mine ?? known({}), {})).toBe(baseUrl);
  });

  test("of the credential comes before the row's", () => {
    expect(baseUrlOf(known({}), { baseUrl: "https://session.example" })).toBe("https://session.example");
  });

  test("of a model's own wire comes before the row's", () => {
    const text = {
      protocol: "openai-chat",
      wires: [{ model: /^claude/, protocol: "anthropic-messages", baseUrl: "https://wire.example" }],
    } as const;
    const candidate = { provider: known({ text }), credential: null, headers: {}, secrets: [], reason: "a test" };
    const at = (model: string) => {
      const { protocol, route } = textRoute({ ...candidate, model });
      return { protocol: protocol as string, baseUrl: route.baseUrl };
    };
    expect(at("claude-x")).toEqual({ protocol: "anthropic-messages", baseUrl: "https://wire.example" });
    expect(at("gpt-x")).toEqual({ protocol: "openai-chat", baseUrl: "https://mine.example/v1" });
  });

  test("of the config that waits for a variable is a usage error, which names it", () => {
    const WAITING = "https://${GONE}/v1";
    const { type, message } = failure(() =>
      baseUrlOf(known({ ...own, baseUrl: WAITING, unset: new Map([[WAITING, "GONE"]]) }), {}),
    );
    expect(type).toBe("usage");
    expect(message).toContain("GONE");
    expect(message).toContain("models.providers.mine.baseUrl");
  });

  test("that is not there is a usage error", () => {
    expect(failure(() => baseUrlOf(known({ baseUrl: "" }), {})).type).toBe("usage");
  });
});

describe("a model's name", () => {
  test("is the vendor's own for what it has renamed, and nothing that an object has by nature", () => {
    const provider = known({ text: { protocol: "openai-chat", modelAliases: { old: "new" } } });
    const sent = (model: string): string =>
      textRoute({ provider, model, credential: null, headers: {}, secrets: [], reason: "a test" }).route.model;
    expect([sent("old"), sent("other"), sent("constructor")]).toEqual(["new", "other", "constructor"]);
  });
});

describe("the settings of the table", () => {
  const get = (id: string, from: LoadedConfig): KnownProvider => {
    const provider = findProvider(knownProviders(from), id);
    if (!provider) throw new Error(`there is no ${id}`);
    return provider;
  };
  const params = (id: string, values: unknown): unknown => ({ models: { providers: { [id]: { params: values } } } });

  for (const { id, settings, baseUrl } of rowsWith("settings")) {
    for (const [name, setting] of Object.entries(settings)) {
      const [variable, second] = setting.env;
      const others = Object.fromEntries(
        Object.keys(settings).flatMap((key) => (key === name ? [] : [[key, "other-1"]])),
      );
      const told = (from: LoadedConfig): string | undefined => settingsOf(get(id, from), "", {})[name];

      test(`${id}: params.${name} of the config is the ${name}`, () => {
        expect(told(loaded(params(id, { [name]: "config-1" })))).toBe("config-1");
      });

      if (setting.default !== undefined) {
        test(`${id}: the ${name} is ${setting.default} when nothing says else`, () => {
          expect(told(NOTHING)).toBe(setting.default ?? "");
        });
      }

      if (variable !== undefined) {
        test(`${id}: ${variable} is the ${name}, with its ends trimmed, after the config's`, () => {
          expect(told(withEnv({ [variable]: " env-1\n" }))).toBe("env-1");
          expect(told(loaded(params(id, { [name]: "config-1" }), { [variable]: "env-1" }))).toBe("config-1");
        });

        test(`${id}: params.${name} that is blank says nothing`, () => {
          expect(told(loaded(params(id, { [name]: " " }), { [variable]: "env-1" }))).toBe("env-1");
        });
      }

      if (variable !== undefined && second !== undefined) {
        test(`${id}: the variables of the ${name} count in their order, a blank one does not`, () => {
          expect(told(withEnv({ [second]: "second-1", [variable]: "first-1" }))).toBe("first-1");
          expect(told(withEnv({ [second]: "second-1", [variable]: " " }))).toBe("second-1");
        });
      }

      if (!baseUrl.includes(`{${name}}`)) continue;

      test(`${id}: params.${name} that waits for a variable is a usage error, which names it`, () => {
        const provider = get(id, loaded(params(id, { ...others, [name]: "${GONE}" })));
        const error = failure(() => baseUrlOf(provider, {}));
        expect(error.type).toBe("usage");
        expect(error.message).toContain("GONE");
      });

      if (variable !== undefined && setting.default === undefined) {
        test(`${id}: without ${variable}: a usage error that names it`, () => {
          const error = failure(() => baseUrlOf(get(id, loaded(params(id, others))), {}));
          expect(error).toMatchObject({ type: "usage", exitCode: 2 });
          expect(error.details.hint).toContain(variable);
          expect(error.details.hint).toContain(`params.${name}`);
        });
      }
    }
  }
});
