import * as v from "valibot";
import type { LoadedConfig } from "../../config/file.ts";
import { InferError } from "../../core/error.ts";
import { rememberUserInfo } from "../../core/redact.ts";
import { readText } from "../../http/body.ts";
import { send } from "../../http/client.ts";
import { parseJson } from "../../protocols/message.ts";
import { type Check, ok, patience, type Setup, throwIfInterrupted, warn } from "./check.ts";

const DEFAULT_PORT = 18789;

/** Whether an OpenClaw Gateway is listening. infer does without one, so it is missed only where one is named. */
export async function checkGateway({ context, loaded }: Setup): Promise<Check[]> {
  const { address, place } = target(loaded);
  const url = URL.parse(address.replace(/^ws/, "http"));
  if (!url || !/^https?:$/.test(url.protocol)) {
    return [warn("gateway", `${place} is not the address of a Gateway.`, "Write it as ws://host:port")];
  }
  rememberUserInfo(context, address);
  using limit = patience(context, url.host);
  try {
    const request = { method: "GET", url: `${url.origin}/healthz`, headers: {} } as const;
    const reply = await send(context, request, limit.signal);
    const text = await readText(reply.body);
    const isLive = reply.status === 200 && v.is(health, parseJson(text));
    if (isLive) return [ok("gateway", `Live at ${url.host}.`)];
    return [warn("gateway", `${url.host} answers HTTP ${reply.status}, and not as a Gateway does.`, fixOf(place))];
  } catch (thrown) {
    throwIfInterrupted(thrown);
    if (!(thrown instanceof InferError)) throw thrown;
    if (thrown.type === "network" && place === null) return [ok("gateway", "Not running, and not needed.")];
    return [warn("gateway", `Not usable: ${thrown.message}`, fixOf(place))];
  }
}

function fixOf(place: string | null): string {
  return place === null ? "Only --gateway needs it." : `Start it: openclaw gateway run; or correct ${place}.`;
}

const health = v.object({ ok: v.literal(true) });

/** OpenClaw's order. `place` is what named it, `null` for the default. */
function target({ config, env }: LoadedConfig): { address: string; place: string | null } {
  const { OPENCLAW_GATEWAY_URL: named } = env;
  if (named) return { address: named, place: "OPENCLAW_GATEWAY_URL" };
  const { mode, port, remote } = config.gateway ?? {};
  if (mode === "remote" && remote?.url) return { address: remote.url, place: "gateway.remote.url in the config" };
  return { address: `ws://127.0.0.1:${port ?? DEFAULT_PORT}`, place: port ? "gateway.port in the config" : null };
}
