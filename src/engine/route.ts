import { unsetVariable } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { TextProtocolId } from "../protocols/index.ts";
import type { Route } from "../protocols/wire.ts";
import type { AuthForm, TextService } from "../providers/types.ts";
import type { Candidate } from "./candidates.ts";

const BEARER: AuthForm = { header: "authorization", prefix: "Bearer " };
const SECRET_HEADER = /auth|key|token|secret|cookie/i;

/** Where and how to call a candidate's model. Its secrets are told to the context, which keeps them out of print. */
export function textRoute(
  candidate: Candidate,
  context: Pick<Context, "secrets">,
): { protocol: TextProtocolId; route: Route } {
  const { provider, key, headers: custom, model } = candidate;
  const { text } = provider;
  if (!text || model === null) throw new Error(`${provider.id} has no text route`);
  const configured = provider.models.find(({ id }) => id === model);
  const headers = { ...authHeaders(provider.auth, key), ...provider.headers, ...custom };
  if (key !== null) context.secrets.add(key);
  for (const [name, value] of Object.entries(headers)) if (SECRET_HEADER.test(name)) context.secrets.add(value);
  const password = URL.parse(provider.baseUrl)?.password;
  if (password) context.secrets.add(password);
  return {
    protocol: text.protocol,
    route: {
      model: vendorModel(model, text),
      baseUrl: baseUrl(candidate),
      headers,
      quirks: text.quirks ?? {},
      maxTokens: configured?.maxTokens,
    },
  };
}

function authHeaders(forms: readonly AuthForm[] | undefined, key: string | null): Record<string, string> {
  if (key === null) return {};
  const form = forms?.find(({ keys }) => keys === undefined || keys.test(key)) ?? BEARER;
  return { [form.header]: `${form.prefix ?? ""}${key}`, ...form.also };
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
