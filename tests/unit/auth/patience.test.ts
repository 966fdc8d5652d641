import { expect, test } from "bun:test";
import { FaultServer } from "../../hazards/fault-server.ts";
import { runInProcess } from "../../support/context.ts";

/** Takes the connection and says nothing, as a metadata service behind a firewall does. */
test.each([
  ["google-vertex/m", (host: string) => ({ GCE_METADATA_HOST: host, GOOGLE_CLOUD_PROJECT: "p" })],
  [
    "amazon-bedrock/m",
    (host: string) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}`, AWS_REGION: "us-east-1" }),
  ],
])("%s: a metadata service that hangs does not outlast --timeout-ms", async (model, env) => {
  await using silent = await FaultServer.start(() => undefined);
  const started = performance.now();
  const { exitCode, error } = await runInProcess(
    ["model", "run", "--prompt", "x", "--model", model, "--timeout-ms", "150", "--json"],
    { env: { HOME: "/nowhere", INFER_KEYCHAIN: "off", ...env(`127.0.0.1:${silent.port}`) } },
  );
  expect([exitCode, error?.type]).toEqual([7, "timeout"]);
  expect(performance.now() - started).toBeLessThan(500);
  expect(silent.seen.length).toBe(1);
});
