import { unsetVariable } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import type { TextProtocolId } from "../protocols/index.ts";
import type { Route } from "../protocols/wire.ts";
import type { TextService } from "../providers/types.ts";
import type { Candidate } from "./candidates.ts";

/** Where and how to call a candidate's model. */
export function textRoute(candidate: Candidate): { protocol: TextProtocolId; route: Route } {
  const { provider, model } = candidate;
  const { text } = provider;
  if (!text || model === null) throw new Error(`${provider.id} has no text route`);
  return {
    protocol: text.protocol,
    route: {
      model: vendorModel(model, text),
      baseUrl: baseUrl(candidate),
      quirks: text.quirks ?? {},
      maxTokens: provider.models.find(({ id }) => id === model)?.maxTokens,
    },
  };
}

function vendorModel(model: string, { bareModelPrefix }: TextService): string {
  return bareModelPrefix && !model.includes("/") ? bareModelPrefix + model : model;
}

function baseUrl({ provider }: Candidate): string {
  const place = `${provider.configPath}.baseUrl`;
  const unset = unsetVariable(provider.baseUrl);
  if (unset) throw new InferError("usage", `${place} names the variable ${unset}, which is not set.`);
  if (provider.baseUrl === "") throw new InferError("usage", `${place} is missing.`);
  return provider.baseUrl;
}
