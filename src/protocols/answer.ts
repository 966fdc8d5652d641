import type { FinishReason, Usage } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { failureInside } from "./failure.ts";
import type { Step } from "./wire.ts";

export interface Answer {
  text: string;
  finishReason: FinishReason;
  usage?: Usage;
}

/** Characters. No model writes a tenth of this; a server that never stops must not fill the memory. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * Puts an answer together from its steps and decides whether it is one: blank text, reasoning alone, a refusal, an
 * error inside a 200 and a stream that broke off are failures that say so.
 */
export class AnswerReader {
  readonly #visible = new VisibleText();
  #size = 0;
  #reasoned = 0;
  #refusal = "";
  #finishReason: FinishReason | undefined;
  #usage: Usage | undefined;
  #ended = false;

  constructor(private readonly status: number) {}

  /** Whether the provider has said that the answer is complete. What comes later can only add figures. */
  get complete(): boolean {
    return this.#ended || this.#finishReason !== undefined;
  }

  /** Whether nothing more is to be read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Returns the text that can be shown now. Throws the provider's own error when the step holds one. */
  push(step: Step): string {
    if (step.failure) throw failureInside(step.failure, this.status);
    this.#size += (step.text?.length ?? 0) + (step.reasoning?.length ?? 0);
    if (this.#size > LONGEST_ANSWER) throw new InferError("provider_error", "The answer does not end.");
    let shown = step.text ? this.#visible.push(step.text) : "";
    if (step.wholeText && !this.#visible.touched) shown += this.#visible.push(step.wholeText);
    if (step.reasoning) this.#reasoned += step.reasoning.length;
    if (step.refusal) this.#refusal += step.refusal;
    if (step.wholeRefusal && this.#refusal === "") this.#refusal = step.wholeRefusal;
    if (step.finishReason) this.#finishReason = step.finishReason;
    if (step.usage) this.#usage = { ...this.#usage, ...step.usage };
    if (step.end) this.#ended = true;
    return shown;
  }

  /** Call once nothing more comes. `rest` is text that was held back and can now be shown. */
  finish(): { answer: Answer; rest: string } {
    const rest = this.#visible.end();
    const text = this.#visible.text;
    if (this.#refusal || this.#finishReason === "content_filter") {
      throw new InferError("refused", this.#refusal || "The provider's content filter stopped the answer.");
    }
    if (!this.complete) {
      const got = text.length + this.#reasoned;
      throw new InferError(
        "network",
        got === 0
          ? "The stream ended before the answer began."
          : `The stream broke off in the middle of the answer, after ${got} characters.`,
        { retryable: true },
      );
    }
    const finishReason = this.#finishReason ?? "stop";
    if (text === "") throw this.#empty(finishReason);
    const usage = this.#usage && withTotal(this.#usage);
    return { answer: { text, finishReason, ...(usage && Object.keys(usage).length > 0 && { usage }) }, rest };
  }

  #empty(finishReason: FinishReason): InferError {
    const reasoned = this.#reasoned + this.#visible.hidden;
    const what = reasoned > 0 ? `only reasoning (${reasoned} characters) and no answer` : "no text";
    return new InferError("empty_result", `The model returned ${what} (finish reason: ${finishReason}).`, {
      hint:
        finishReason === "length"
          ? "The token limit was used up before the answer: raise --max-tokens or lower --thinking."
          : "Try again, rephrase the prompt, or use another model with --model.",
    });
  }
}

const OPEN = "<think>";
const CLOSE = "</think>";

/**
 * The part of a model's text that is its answer, trimmed at both ends. Models served without a reasoning parser put
 * their reasoning into the text itself, as a `<think>` block at the very beginning: it is left out.
 */
class VisibleText {
  text = "";
  /** Characters of reasoning left out. */
  hidden = 0;
  /** Whether anything came at all. */
  touched = false;
  #state: "start" | "reasoning" | "answer" = "start";
  #held = "";

  push(piece: string): string {
    this.touched = true;
    this.#held += piece;
    if (this.#state === "start") this.#leaveStart();
    if (this.#state === "reasoning") this.#leaveReasoning();
    return this.#state === "answer" ? this.#release() : "";
  }

  end(): string {
    if (this.#state === "reasoning") {
      this.hidden += this.#held.trim().length;
      this.#held = "";
    }
    this.#state = "answer";
    return this.#release();
  }

  #leaveStart(): void {
    const begun = this.#held.trimStart();
    if (begun.startsWith(OPEN)) {
      this.#state = "reasoning";
      this.#held = begun.slice(OPEN.length);
    } else if (!OPEN.startsWith(begun)) {
      this.#state = "answer";
    }
  }

  #leaveReasoning(): void {
    const end = this.#held.indexOf(CLOSE);
    if (end === -1) {
      // All but what may be the beginning of the closing tag is done with.
      const done = Math.max(0, this.#held.length - CLOSE.length + 1);
      this.hidden += done;
      this.#held = this.#held.slice(done);
      return;
    }
    this.hidden += end;
    this.#held = this.#held.slice(end + CLOSE.length);
    this.#state = "answer";
  }

  /** White space waits until something follows it: an answer is trimmed at both ends. */
  #release(): string {
    if (this.text === "") this.#held = this.#held.trimStart();
    const settled = this.#held.trimEnd();
    this.#held = this.#held.slice(settled.length);
    this.text += settled;
    return settled;
  }
}

function withTotal(usage: Usage): Usage {
  const { inputTokens, outputTokens, totalTokens } = usage;
  if (totalTokens !== undefined || inputTokens === undefined || outputTokens === undefined) return usage;
  return { ...usage, totalTokens: inputTokens + outputTokens };
}
