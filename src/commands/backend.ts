import { loadConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Candidate, type Service, selectCandidates } from "../engine/candidates.ts";
import { say } from "../output/stderr.ts";

interface BackendFlags {
  provider?: string | undefined;
  model?: string | undefined;
  fallback: readonly string[];
  gateway?: boolean;
}

/** What a verb runs on, by its flags and the config. */
export async function choose(context: Context, service: Service, flags: BackendFlags): Promise<Candidate[]> {
  if (flags.gateway) {
    throw new InferError("usage", "This build cannot run over the OpenClaw Gateway yet.", {
      hint: "Leave --gateway out to run here.",
    });
  }
  const { provider, model, fallback } = flags;
  const candidates = selectCandidates({ service, provider, model, fallback }, await loadConfig(context));
  const [first] = candidates;
  if (first) {
    context.report.provider = first.provider.id;
    context.report.model = first.model;
    const name = first.model === null ? first.provider.id : `${first.provider.id}/${first.model}`;
    say(context, "verbose", `${name} (chosen by ${first.reason}; key: ${first.keySource})`);
  }
  return candidates;
}
