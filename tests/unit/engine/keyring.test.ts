// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { describe, expect, test } from "bun:test";
import { transportOf } from "../../../src/engine/configured-request.ts";
import { findProvider, type KnownProvider, knownProviders } from "../../../src/engine/directory.ts";
import { type Credential, isGiven, Keyring } from "../../../src/engine/keyring.ts";
import { fakeContext } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { bareContext, keyOf, known, loaded, machine, NOTHING, only, rowsWith, select, withEnv } from "./selection.ts";

const ask = (provider: KnownProvider, named: boolean, from = NOTHING): Promise<Credential> =>
  new Keyring(bareContext(), from).credentialOf(provider, named);

async function sent(credential: Credential): Promise<string | null> {
  return "open" in credential ? ((await credential.open(new AbortController().signal)).key ?? null) : null;
}

describe("an ambient variable", () => {
  const provider = known({ env: ["MINE_KEY"], ambientEnv: ["CI_TOKEN"] });
  const ambient = withEnv({ CI_TOKEN: "k-ci" });

  test("is a credential of the provider that the user has named", async () => {
    const credential = await ask(provider, true, ambient);
    expect(credential).toMatchObject({ source: "CI_TOKEN" });
    expect(await sent(credential)).toBe("k-ci");
  });

  test("is none while nobody has named the provider", async () => {
    expect(await ask(provider, false, ambient)).toMatchObject({ spoiled: false });
  });

  test("comes after the provider's own", async () => {
    const both = withEnv({ CI_TOKEN: "k-ci", MINE_KEY: "k-mine" });
    expect(await sent(await ask(provider, true, both))).toBe("k-mine");
    expect(await sent(await ask(provider, false, both))).toBe("k-mine");
  });

  test("that cannot be sent is no reason to stop for somebody who has not named it", async () => {
    const broken = withEnv({ CI_TOKEN: "k ci" });
    expect(await ask(provider, false, broken)).toMatchObject({ spoiled: false });
    expect(await ask(provider, true, broken)).toMatchObject({ spoiled: true });
  });

  for (const { id, ambientEnv } of rowsWith("ambientEnv")) {
    for (const name of ambientEnv) {
      test(`${name} does not choose ${id}, and serves it once it is named`, async () => {
        const from = withEnv({ [name]: "k-ambient" });
        const chosen = await select({ fallback: ["ollama/x"] }, from);
        expect(chosen.map(({ provider }) => provider.id)).toEqual(["ollama"]);
        for (const asked of [{ provider: id, model: "m" }, { model: `${id}/m` }]) {
          const { credential, problem } = await only(asked, from);
          expect(credential?.source).toContain(name);
          expect(problem).toBeUndefined();
        }
        const config = loaded({ agents: { defaults: { model: `${id}/m` } } }, { [name]: "k-ambient" });
        expect((await only({}, config)).credential?.source).toContain(name);
      });
    }
  }
});

describe("a placeholder", () => {
  const provider = known({ env: ["MINE_KEY"], placeholder: "mine-local", keyless: true });

  test.each([
    ["in the variable", provider, withEnv({ MINE_KEY: "mine-local" }), "MINE_KEY"],
    ["with blanks around it", provider, withEnv({ MINE_KEY: " mine-local\n" }), "MINE_KEY"],
    [
      "in the config",
      {
        ...provider,
        apiKey: { value: "mine-local", place: "models.providers.mine.apiKey" },
        configPath: "models.providers.mine",
      },
      NOTHING,
      "models.providers.mine.apiKey",
    ],
  ] as const)("%s is given, and not sent as a key", async (_, one, from, source) => {
    const credential = await ask(one, false, from);
    expect(credential).toMatchObject({ source });
    expect(await sent(credential)).toBeNull();
    expect(isGiven("open" in credential ? credential : null)).toBe(true);
  });

  test("is another thing than no need for a key", async () => {
    const credential = await ask(provider, false);
    expect(credential).toMatchObject({ source: "no key needed" });
    expect(isGiven("open" in credential ? credential : null)).toBe(false);
  });

  test("does not stop a real key", async () => {
    expect(await sent(await ask(provider, false, withEnv({ MINE_KEY: "k-mine" })))).toBe("k-mine");
  });

  for (const { id, env, placeholder, keyless, text } of rowsWith("placeholder")) {
    const from = withEnv({ [env[0] ?? ""]: placeholder });

    if (keyless && text?.defaultModel !== undefined) {
      test(`of ${id} chooses it, asks nobody, and is not sent`, async () => {
        const { fetch, asked } = machine();
        const candidate = await only({}, from, bareContext({ fetch }));
        expect({ id: candidate.provider.id, source: candidate.credential?.source }).toEqual({ id, source: env[0] });
        expect(await keyOf(candidate)).toBeNull();
        expect(asked).toEqual([]);
      });
    }

    if (!keyless) {
      test(`is no credential for ${id}, which is on another machine and wants a key`, async () => {
        expect((await only({ model: `${id}/m` }, from)).problem?.type).toBe("auth");
        const chosen = await select({ fallback: ["groq/x"] }, from);
        expect(chosen.map(({ provider }) => provider.id)).not.toContain(id);
      });
    }
  }
});

describe("a credential that is missing", () => {
  test("is told apart from one that is there and cannot be used", async () => {
    const provider = known({ env: ["MINE_KEY", "OTHER_KEY"] });
    expect(await ask(provider, true)).toEqual({
      missing:
        "No key for Mine: set MINE_KEY or OTHER_KEY, or run infer model auth login --provider mine, or put apiKey into models.providers.mine of the config.",
      spoiled: false,
    });
    expect(await ask(provider, true, withEnv({ MINE_KEY: "a b" }))).toMatchObject({ spoiled: true });
  });
});

test("of the saved profiles, only the one that is used is asked of the keychain", async () => {
  using folder = new TemporaryFolder();
  const kept = (provider: string) => ({ type: "api_key", provider, keychain: true });
  const store = folder.file("infer/auth.json");
  const profiles = { "mine:default": kept("mine"), "other:default": kept("other") };
  await Bun.write(store, JSON.stringify({ version: 1, profiles }));
  const env = { XDG_STATE_HOME: folder.path, INFER_KEYCHAIN: "off", MINE_KEY: "k-env" };
  const context = fakeContext({ env });
  const keyring = new Keyring(context, withEnv(env));
  expect((await keyring.saved()).map(({ id }) => id)).toEqual(["mine:default", "other:default"]);
  expect(context.report.warnings).toEqual([]);
  // One that the keychain does not give is none, and the next source counts.
  expect(await keyring.credentialOf(known({ env: ["MINE_KEY"] }), true)).toMatchObject({ origin: "env" });
  expect(context.report.warnings).toEqual([`INFER_KEYCHAIN=off hides mine:default (${store}): log in again, or out.`]);
});

describe("the config's own way to a server", () => {
  const way = (request: object, env: Record<string, string> = {}) => {
    const from = loaded({ models: { providers: { mine: { baseUrl: "https://mine.example", request } } } }, env);
    const provider = findProvider(knownProviders(from), "mine");
    if (!provider) throw new Error("there is none");
    return transportOf(new Keyring(bareContext(), from), provider);
  };
  const proxy = (url: string) => ({ proxy: { mode: "explicit-proxy", url } });
  const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUc2FtcGxl
-----END CERTIFICATE-----`;

  test.each(["http://p:3128", "https://me:secret@p.example:1"])("%p is a proxy", async (url) => {
    expect(await way(proxy(url))).toEqual({ transport: { proxy: url } });
  });

  test.each(["::bad", "", "p:3128", "socks5://me:secret@p:1080", "ftp://p"])("%p is none", async (url) => {
    const found = await way(proxy(url));
    if (!("problem" in found)) throw new Error("it was taken");
    expect(found.problem).toMatchObject({ type: "usage", exitCode: 2 });
    expect(found.problem.message).toBe(
      "Config /home/me/openclaw.json is not valid: models.providers.mine.request.proxy.url: expected an http(s) URL.",
    );
  });

  test("a proxy that waits for a variable names it", async () => {
    expect(await way(proxy("http://${GONE}:1"))).toEqual({
      missing: "models.providers.mine.request.proxy.url names the variable GONE, which is not set.",
    });
  });

  test.each([
    ["ca", "sk-not-pem", "expected a certificate in PEM"],
    ["cert", "/etc/ssl/mine.pem", "expected a certificate in PEM"],
    ["ca", CERTIFICATE, "cannot be read"],
    ["key", CERTIFICATE, "expected a private key in PEM"],
    ["key", "-----BEGIN PRIVATE KEY-----", "expected a private key in PEM"],
  ])("tls.%s: %p cannot be used", async (name, text, why) => {
    const found = await way({ tls: { [name]: "${PEM}" } }, { PEM: text });
    if (!("problem" in found)) throw new Error("it was taken");
    expect(found.problem.type).toBe("usage");
    expect(found.problem.message).toContain(`models.providers.mine.request.tls.${name}: `);
    expect(found.problem.message).toContain(why);
    expect(found.problem.message).not.toContain(text);
  });

  test.skipIf(!Bun.which("openssl"))("tls: a certificate and its key are taken as they are", async () => {
    using folder = new TemporaryFolder();
    const [key, cert] = [folder.file("key.pem"), folder.file("cert.pem")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=mine"];
    Bun.spawnSync(["openssl", "req", "-x509", ...kind, "-keyout", key, "-out", cert]);
    const pem = (await Bun.file(cert).text()).trim();
    const tls = { ca: `# mine\n${pem}\n${pem}`, cert: pem, key: (await Bun.file(key).text()).trim() };
    expect(await way({ tls })).toEqual({ transport: { tls } });
  });
});
