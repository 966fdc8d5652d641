import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const hasTinyproxy = Bun.which("tinyproxy") !== null;
const hasOpenssl = Bun.which("openssl") !== null;
const ANSWER = JSON.stringify({ choices: [{ message: { content: "through" }, finish_reason: "stop" }] });
const JSON_TYPE = { "content-type": "application/json" };
let vendor: FaultServer;

beforeAll(async () => {
  vendor = await FaultServer.start((socket) => respond(socket, 200, ANSWER, JSON_TYPE));
});
afterAll(async () => {
  await vendor[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function ask(baseUrl: string, env: Record<string, string>, block: Record<string, string> = {}) {
  const config = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(
    config,
    JSON.stringify({ env: block, models: { providers: { vendor: { baseUrl, apiKey: "sk-network-test" } } } }),
  );
  return inferJson(["model", "run", "--prompt", "hi", "--model", "vendor/m", "--config", config], { env });
}

describe("proxies", () => {
  test.skipIf(!hasTinyproxy)("tinyproxy carries the request when a proxy is named", async () => {
    const port = await freePort();
    const log = folder.file("tinyproxy.log");
    const settings = folder.file("tinyproxy.conf");
    // Nobody resolves vendor.test: the proxy is told where it is, so only what went through it can arrive.
    const upstream = `Upstream http 127.0.0.1:${vendor.port} "vendor.test"`;
    await writeFile(
      settings,
      `Port ${port}
Listen 127.0.0.1
Timeout 5
LogFile "${log}"
LogLevel Connect
${upstream}
`,
    );
    const proxy = Bun.spawn(["tinyproxy", "-d", "-c", settings], { stdout: "ignore", stderr: "ignore" });
    try {
      await listening(port);
      for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
        const { envelope } = await ask("http://vendor.test", { [name]: `http://127.0.0.1:${port}` });
        expect(envelope.error).toBeNull();
        expect(envelope.outputs).toMatchObject([{ text: "through" }]);
      }
      expect(await Bun.file(log).text()).toContain("vendor.test");
    } finally {
      proxy.kill();
      await proxy.exited;
    }
  });

  test("a dead proxy is a network failure, and loopback does not go through it", async () => {
    const dead = { HTTP_PROXY: `http://127.0.0.1:${await freePort()}` };
    const { error } = (await ask("http://vendor.invalid", dead)).envelope;
    expect(error).toMatchObject({
      type: "network",
      message: expect.stringContaining(`The proxy ${dead.HTTP_PROXY.slice(7)}, on the way to vendor.invalid, refused`),
      hint: expect.stringContaining("NO_PROXY"),
    });
    expect((await ask(vendor.url, dead)).envelope.outputs).toMatchObject([{ text: "through" }]);
  });

  test("one that the config's env block or OpenClaw's .env names is taken, beneath the environment's own", async () => {
    const [proxy, other] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    await writeFile(folder.file(".env"), `ALL_PROXY=${proxy}\n`);
    const state = { OPENCLAW_STATE_DIR: folder.path };
    const through = (named: string) => ({
      message: expect.stringContaining(`The proxy ${named.slice(7)}, on the way`),
    });
    const vendorTest = "http://vendor.test";
    expect((await ask(vendorTest, {}, { HTTP_PROXY: proxy })).envelope.error).toMatchObject(through(proxy));
    expect((await ask(vendorTest, state)).envelope.error).toMatchObject(through(proxy));
    expect((await ask(vendorTest, { HTTP_PROXY: other, ...state })).envelope.error).toMatchObject(through(other));
    const exempt = await ask(vendorTest, { HTTP_PROXY: other }, { NO_PROXY: "vendor.test" });
    expect(exempt.envelope.error).toMatchObject({ message: expect.stringContaining("vendor.test could not be found") });
    expect((await ask(vendor.url, state)).envelope.outputs).toMatchObject([{ text: "through" }]);
  });

  test("a SOCKS proxy is refused in words", async () => {
    const { envelope } = await ask("http://vendor.invalid", { ALL_PROXY: "socks5://127.0.0.1:1080" });
    expect(envelope.error).toMatchObject({ type: "network", message: expect.stringContaining("proxy") });
  });
});

describe("TLS", () => {
  test.skipIf(!hasOpenssl)("an unknown CA is refused with a way out, and trusted once it is named", async () => {
    const [key, certificate] = [folder.file("key.pem"), folder.file("cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const made = Bun.spawnSync([
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      certificate,
      ...subject,
    ]);
    expect(made.exitCode).toBe(0);
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      tls: { key: Bun.file(key), cert: Bun.file(certificate) },
      fetch: () => new Response(ANSWER, { headers: JSON_TYPE }),
    });
    try {
      const url = `https://localhost:${server.port}`;
      const refused = await ask(url, {});
      expect(refused.envelope.error).toMatchObject({
        type: "network",
        message: expect.stringContaining("certificate"),
        hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      });
      expect(refused.envelope.attempts).toHaveLength(1);
      for (const name of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]) {
        expect((await ask(url, { [name]: certificate })).envelope.outputs).toMatchObject([{ text: "through" }]);
      }
    } finally {
      await server.stop(true);
    }
  });
});

async function freePort(): Promise<number> {
  const server = await FaultServer.start(() => undefined);
  const { port } = server;
  await server[Symbol.asyncDispose]();
  return port;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } });
      socket.end();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error("tinyproxy does not listen");
}
