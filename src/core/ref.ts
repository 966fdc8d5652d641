import { InferError } from "./error.ts";

/** A model and who serves it. Everything after the first `/` is the model. */
interface ModelRef {
  provider: string;
  model: string;
}

/** `openrouter/meta-llama/llama-3.3-70b` → provider `openrouter`; null when there is no provider in it. */
export function parseRef(text: string): ModelRef | null {
  const trimmed = text.trim();
  const slash = trimmed.indexOf("/");
  if (slash === -1) return null;
  const provider = trimmed.slice(0, slash).toLowerCase();
  const model = trimmed.slice(slash + 1);
  if (provider === "" || model === "") {
    throw new InferError("usage", `"${text}" is not a model: write it as provider/model.`);
  }
  return { provider, model };
}
