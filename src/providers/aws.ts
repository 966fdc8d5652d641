import { CLAUDE_QUIRKS } from "./claude.ts";
import type { Provider, Setting } from "./types.ts";

const REGION: Setting = {
  name: "AWS region",
  env: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  default: "us-east-1",
  // An ARN is known in its own region only.
  fromModel: /^arn:aws[\w-]*:bedrock:([a-z0-9-]+):/,
};

/** Amazon Bedrock, by its own wire and by its OpenAI-like one. Facts: `provider-facts`, and the pages named below. */
export const AWS_PROVIDERS: readonly Provider[] = [
  {
    id: "amazon-bedrock",
    name: "Amazon Bedrock",
    aliases: ["bedrock", "aws-bedrock"],
    env: ["AWS_BEARER_TOKEN_BEDROCK"],
    baseUrl: "https://bedrock-runtime.{region}.amazonaws.com",
    settings: { region: REGION },
    scheme: "aws-sigv4",
    text: {
      protocol: "bedrock-converse",
      quirks: CLAUDE_QUIRKS,
      // OpenClaw's default ends in `:0`, which AWS answers with "The provided model identifier is invalid".
      // https://docs.claude.com/en/docs/build-with-claude/claude-on-amazon-bedrock has the names.
      defaultModel: "us.anthropic.claude-opus-4-6-v1",
      modelAliases: {
        "us.anthropic.claude-opus-4-6-v1:0": "us.anthropic.claude-opus-4-6-v1",
        "anthropic.claude-opus-4-6-v1:0": "anthropic.claude-opus-4-6-v1",
      },
    },
  },
  {
    id: "amazon-bedrock-mantle",
    name: "Amazon Bedrock Mantle",
    env: ["AWS_BEARER_TOKEN_BEDROCK"],
    baseUrl: "https://bedrock-mantle.{region}.api.aws/v1",
    settings: { region: REGION },
    scheme: "aws-bearer",
    text: {
      protocol: "openai-chat",
      // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html
      defaultModel: "anthropic.claude-opus-4-7",
      modelAliases: { "claude-opus-4.7": "anthropic.claude-opus-4-7" },
      wires: [
        {
          model: /claude/,
          protocol: "anthropic-messages",
          baseUrl: "https://bedrock-mantle.{region}.api.aws/anthropic",
          quirks: CLAUDE_QUIRKS,
        },
      ],
    },
  },
];
