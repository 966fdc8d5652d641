import type { TextQuirks } from "../protocols/wire.ts";

/** What Claude models can say at most, whoever serves them; Anthropic's wire wants a limit with every request. */
export const CLAUDE_QUIRKS: TextQuirks = {
  maxTokens: [
    { model: /claude-3-(?:opus|sonnet|haiku)/, tokens: 4096 },
    { model: /claude-3[-.]5/, tokens: 8192 },
    { model: /claude/, tokens: 32_000 },
  ],
};
