import * as v from "valibot";
import type { FinishReason, Usage } from "../core/envelope.ts";
import { type ErrorType, InferError } from "../core/error.ts";
import type { Json, RpcProgram } from "./rpc-program.ts";

export interface CodexAnswer {
  text: string;
  finishReason: FinishReason;
  usage?: Usage;
}

/** Gets the answer piece by piece, as it comes. */
export type Show = (piece: string) => Promise<void>;

export const LOGIN_HINT = "Log in first: codex login";

const delta = v.object({ itemId: v.optional(v.string(), ""), delta: v.string() });
const item = v.object({
  item: v.object({ type: v.string(), id: v.string(), text: v.nullish(v.string()), phase: v.nullish(v.string()) }),
});
const problem = v.object({
  message: v.nullish(v.string()),
  codexErrorInfo: v.nullish(v.unknown()),
  additionalDetails: v.nullish(v.string()),
});
type Problem = v.InferOutput<typeof problem>;
const errorNotice = v.object({ error: problem, willRetry: v.nullish(v.boolean()) });
const turnCompleted = v.object({ turn: v.object({ id: v.string(), status: v.string(), error: v.nullish(problem) }) });
const tokenUsage = v.object({
  tokenUsage: v.object({
    total: v.object({
      totalTokens: v.number(),
      inputTokens: v.number(),
      cachedInputTokens: v.number(),
      outputTokens: v.number(),
      reasoningOutputTokens: v.number(),
    }),
  }),
});

/** What is heard of the one turn, put together to an answer. */
export class Turn {
  threadId: string | undefined;
  id: string | undefined;
  readonly #done = Promise.withResolvers<CodexAnswer>();
  /** Every message of the agent, in order, as far as it has come. */
  readonly #messages = new Map<string, string>();
  /** What it says on the way, and not in answer. */
  readonly #asides = new Set<string>();
  /** Shown one after the other, and in the end all of it. */
  #shown: Promise<void> = Promise.resolve();
  #text = "";
  #held = "";
  #usage: Usage | undefined;
  #problem: Problem | undefined;

  constructor(readonly show: Show) {
    // Nobody may be waiting when it fails.
    this.#done.promise.catch(() => undefined);
  }

  get answer(): Promise<CodexAnswer> {
    return this.#done.promise;
  }

  interrupt(program: RpcProgram): void {
    if (!this.threadId || !this.id) return;
    program.request("turn/interrupt", { threadId: this.threadId, turnId: this.id }).catch(() => undefined);
  }

  hear(method: string, params: Json): void {
    try {
      this.#take(method, params);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#done.reject(new InferError("provider_error", `codex app-server cannot be understood: ${method}: ${why}`));
    }
  }

  #take(method: string, params: Json): void {
    switch (method) {
      case "item/started":
      case "item/completed":
        this.#message(v.parse(item, params).item, method === "item/completed");
        return;
      case "item/agentMessage/delta": {
        const { itemId, delta: piece } = v.parse(delta, params);
        this.#add(itemId, piece);
        return;
      }
      case "thread/tokenUsage/updated":
        this.#usage = usageOf(v.parse(tokenUsage, params).tokenUsage.total);
        return;
      case "error": {
        const { error, willRetry } = v.parse(errorNotice, params);
        if (!willRetry) this.#problem = error;
        return;
      }
      case "turn/completed":
        this.#end(v.parse(turnCompleted, params).turn);
        return;
    }
  }

  #message({ type, id, text, phase }: v.InferOutput<typeof item>["item"], isComplete: boolean): void {
    if (type !== "agentMessage") return;
    if (phase === "commentary") this.#asides.add(id);
    // A message may come in one piece.
    if (isComplete && !this.#messages.has(id)) this.#add(id, text ?? "");
  }

  #add(id: string, piece: string): void {
    if (this.#asides.has(id) || piece === "") return;
    const isNext = !this.#messages.has(id) && this.#messages.size > 0;
    this.#messages.set(id, (this.#messages.get(id) ?? "") + piece);
    this.#release(isNext ? `\n\n${piece}` : piece);
  }

  /** White space waits until something follows it: an answer is trimmed at both ends. */
  #release(piece: string): void {
    const waiting = this.#held + piece;
    const begun = this.#text === "" ? waiting.trimStart() : waiting;
    const settled = begun.trimEnd();
    this.#held = begun.slice(settled.length);
    if (settled === "") return;
    this.#text += settled;
    this.#shown = this.#shown.then(() => this.show(settled));
    this.#shown.catch((thrown: unknown) => this.#done.reject(thrown));
  }

  #end({ status, error }: v.InferOutput<typeof turnCompleted>["turn"]): void {
    if (status !== "completed") {
      this.#done.reject(failed(error ?? this.#problem ?? {}, status));
    } else if (this.#text === "") {
      this.#done.reject(
        new InferError("empty_result", "Codex returned no text.", {
          hint: "Try again, rephrase the prompt, or use another model with --model.",
        }),
      );
    } else {
      const answer: CodexAnswer = {
        text: this.#text,
        finishReason: "stop",
        ...(this.#usage && { usage: this.#usage }),
      };
      this.#shown.then(
        () => this.#done.resolve(answer),
        () => undefined,
      );
    }
  }
}

function usageOf(total: v.InferOutput<typeof tokenUsage>["tokenUsage"]["total"]): Usage {
  return {
    inputTokens: total.inputTokens,
    outputTokens: total.outputTokens,
    totalTokens: total.totalTokens,
    reasoningTokens: total.reasoningOutputTokens,
    cachedInputTokens: total.cachedInputTokens,
  };
}

/** `CodexErrorInfo`, in whichever spelling: the README has `UsageLimitExceeded`, the wire `usageLimitExceeded`. */
const TYPES: Readonly<Record<string, readonly [type: ErrorType, retryable?: boolean]>> = {
  usagelimitexceeded: ["rate_limited"],
  ratelimitexceeded: ["rate_limited", true],
  unauthorized: ["auth"],
  modelnotfound: ["not_found"],
  cyberpolicy: ["refused"],
  misalignmentpolicyviolation: ["refused"],
  serveroverloaded: ["provider_error", true],
  internalservererror: ["provider_error", true],
  httpconnectionfailed: ["network", true],
  responsestreamconnectionfailed: ["network", true],
  responsestreamdisconnected: ["network", true],
};
const STATUSES: Readonly<Record<number, readonly [type: ErrorType, retryable?: boolean]>> = {
  401: ["auth"],
  402: ["rate_limited"],
  403: ["auth"],
  404: ["not_found"],
  429: ["rate_limited", true],
};

/** A turn that did not come to its end, in Codex's own words. */
function failed({ message, codexErrorInfo, additionalDetails }: Problem, status: string): InferError {
  const isTagged = typeof codexErrorInfo === "object" && codexErrorInfo !== null;
  const [tag, details] = isTagged ? (Object.entries(codexErrorInfo)[0] ?? []) : [codexErrorInfo];
  const code: unknown = typeof details === "object" && details !== null ? Reflect.get(details, "httpStatusCode") : null;
  const http = typeof code === "number" ? code : undefined;
  const byStatus = http === undefined ? undefined : (STATUSES[http] ?? ["provider_error", http >= 500]);
  const [type, retryable] = byStatus ?? TYPES[String(tag).toLowerCase()] ?? ["provider_error"];
  const said = [message ? plain(message) : `Codex ended the turn as ${status}.`, additionalDetails]
    .filter(Boolean)
    .join(" ");
  return new InferError(type, said, {
    status: http,
    retryable: retryable ?? false,
    hint: type === "auth" ? LOGIN_HINT : type === "not_found" ? "Name another model with --model." : undefined,
  });
}

/** Codex hands a 400 on as the vendor's whole body. */
function plain(message: string): string {
  const body = v.safeParse(vendorBody, message);
  return body.success ? body.output.error.message : message;
}

const vendorBody = v.pipe(
  v.string(),
  v.startsWith("{"),
  v.parseJson(),
  v.object({ error: v.object({ message: v.string() }) }),
);
