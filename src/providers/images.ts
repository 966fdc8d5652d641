import type { ImageLimits, ImageQuirks } from "../protocols/image-wire.ts";
import type { ImageService, Provider } from "./types.ts";

const GEMINI_SHAPES = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
/** Of all models before gpt-image-2: https://platform.openai.com/docs/api-reference/images/create */
const OPENAI_FIRST_SIZES = ["1024x1024", "1536x1024", "1024x1536"];
const OPENAI_MODELS = ["gpt-image-2", "gpt-image-1.5", "gpt-image-1", "gpt-image-1-mini"];
const OPENAI_MODEL_LIMITS = [{ model: /^gpt-image-1/, limits: { sizes: OPENAI_FIRST_SIZES } }];
const OPENAI_QUIRKS: ImageQuirks = {
  opaque: { model: /^gpt-image-2$/, instead: "gpt-image-1.5", sizes: OPENAI_FIRST_SIZES },
};
const OPENAI_LIMITS: ImageLimits = {
  maxCount: 4,
  edit: { maxCount: 4, maxInputImages: 5, mask: true },
  sizes: [...OPENAI_FIRST_SIZES, "2048x2048", "2048x1152", "3840x2160", "2160x3840"],
  outputFormats: ["png", "jpeg", "webp"],
  qualities: ["low", "medium", "high", "auto"],
  backgrounds: ["transparent", "opaque", "auto"],
};
const MINIMAX: ImageService = {
  protocol: "minimax-images",
  defaultModel: "image-01",
  knownModels: ["image-01"],
  baseUrl: "https://api.minimax.io",
  limits: {
    maxCount: 9,
    edit: { maxCount: 9, maxInputImages: 1 },
    aspectRatios: ["1:1", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "21:9"],
  },
};

/** Who makes pictures, in OpenClaw's order; limits and models are the facts' (OpenClaw 2026.5.31). */
export const IMAGE_SERVICES: Readonly<Record<string, ImageService>> = {
  // A model is a deployment: there is no default. A picture may take minutes there, as OpenClaw has found.
  "azure-openai": { protocol: "openai-images", timeoutMs: 600_000, limits: OPENAI_LIMITS },
  deepinfra: {
    protocol: "openai-images",
    defaultModel: "black-forest-labs/FLUX-1-schnell",
    knownModels: [
      "black-forest-labs/FLUX-1-schnell",
      "run-diffusion/Juggernaut-Lightning-Flux",
      "black-forest-labs/FLUX-1-dev",
      "Qwen/Qwen-Image-Max",
      "stabilityai/sdxl-turbo",
    ],
    quirks: { takes: ["size"], inputs: "one-file", responseFormat: "b64_json" },
    limits: {
      maxCount: 4,
      edit: { maxCount: 1, maxInputImages: 1 },
      sizes: ["512x512", "1024x1024", "1024x1792", "1792x1024"],
    },
  },
  google: {
    label: "Google",
    protocol: "google-images",
    defaultModel: "gemini-3.1-flash-image-preview",
    knownModels: ["gemini-3.1-flash-image-preview", "gemini-3-pro-image-preview"],
    limits: {
      maxCount: 4,
      edit: { maxCount: 4, maxInputImages: 5 },
      sizes: ["1024x1024", "1024x1536", "1536x1024", "1024x1792", "1792x1024"],
      aspectRatios: GEMINI_SHAPES,
      resolutions: ["1K", "2K", "4K"],
    },
    // Gemini 2.5 makes 1K and knows no other: https://ai.google.dev/gemini-api/docs/image-generation
    modelLimits: [{ model: /^gemini-2/, limits: { resolutions: [] } }],
  },
  litellm: {
    protocol: "openai-images",
    defaultModel: "gpt-image-2",
    knownModels: ["gpt-image-2"],
    quirks: { takes: ["size"], inputs: "json" },
    limits: {
      maxCount: 4,
      edit: { maxCount: 4, maxInputImages: 5 },
      sizes: [
        "256x256",
        "512x512",
        "1024x1024",
        "1024x1536",
        "1024x1792",
        "1536x1024",
        "1792x1024",
        "2048x2048",
        "2048x1152",
        "3840x2160",
        "2160x3840",
      ],
    },
  },
  minimax: MINIMAX,
  "minimax-portal": { ...MINIMAX, label: "MiniMax" },
  openai: {
    protocol: "openai-images",
    defaultModel: "gpt-image-2",
    knownModels: OPENAI_MODELS,
    quirks: OPENAI_QUIRKS,
    limits: OPENAI_LIMITS,
    modelLimits: OPENAI_MODEL_LIMITS,
  },
  // OpenClaw has it as another way to its `openai`, with the same limits; a request makes one picture.
  "openai-codex": {
    protocol: "openai-responses-images",
    defaultModel: "gpt-image-2",
    knownModels: OPENAI_MODELS,
    quirks: OPENAI_QUIRKS,
    limits: { ...OPENAI_LIMITS, maxCount: 1, edit: { maxCount: 1, maxInputImages: 5 } },
    modelLimits: OPENAI_MODEL_LIMITS,
  },
  openrouter: {
    protocol: "openrouter-images",
    defaultModel: "google/gemini-3.1-flash-image-preview",
    knownModels: [
      "google/gemini-3.1-flash-image-preview",
      "google/gemini-3-pro-image-preview",
      "openai/gpt-5.4-image-2",
    ],
    limits: {
      maxCount: 4,
      edit: { maxCount: 4, maxInputImages: 5 },
      aspectRatios: GEMINI_SHAPES,
      resolutions: ["1K", "2K", "4K"],
    },
    // As OpenClaw does: nobody else's models are told a shape.
    modelLimits: [{ model: /^(?!google\/gemini-)/, limits: { aspectRatios: [], resolutions: [] } }],
  },
  xai: {
    protocol: "xai-images",
    defaultModel: "grok-imagine-image",
    knownModels: ["grok-imagine-image", "grok-imagine-image-quality"],
    timeoutMs: 600_000,
    limits: {
      maxCount: 4,
      edit: { maxCount: 4, maxInputImages: 5 },
      aspectRatios: ["1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2"],
      resolutions: ["1K", "2K"],
    },
  },
};

/** Providers that make pictures, and no text. */
export const IMAGE_PROVIDERS: readonly Provider[] = [
  {
    id: "comfy",
    name: "ComfyUI",
    env: [],
    // They are for the cloud, which the config chooses: a key alone brings no workflow.
    ambientEnv: ["COMFY_API_KEY", "COMFY_CLOUD_API_KEY"],
    baseUrl: "http://127.0.0.1:8188",
    auth: [{ header: "x-api-key" }],
    start: "comfy launch",
    image: {
      protocol: "comfy-images",
      defaultModel: "workflow",
      knownModels: ["workflow"],
      timeoutMs: 300_000,
      limits: { maxCount: 1, edit: { maxCount: 1, maxInputImages: 1 } },
    },
  },
  {
    id: "fal",
    name: "fal",
    env: ["FAL_KEY", "FAL_API_KEY"],
    baseUrl: "https://fal.run",
    auth: [{ header: "authorization", prefix: "Key " }],
    image: {
      protocol: "fal-images",
      defaultModel: "fal-ai/flux/dev",
      knownModels: [
        "fal-ai/flux/dev",
        "fal-ai/flux/dev/image-to-image",
        "krea/v2/medium/text-to-image",
        "krea/v2/large/text-to-image",
        "openai/gpt-image-2",
        "fal-ai/nano-banana-2",
      ],
      limits: {
        maxCount: 4,
        edit: { maxCount: 4, maxInputImages: 1, keepsShape: true },
        sizes: ["1024x1024", "1024x1536", "1536x1024", "1024x1792", "1792x1024"],
        anySize: true,
        aspectRatios: [
          "1:1",
          "2:3",
          "3:2",
          "2.35:1",
          "3:4",
          "4:3",
          "4:5",
          "5:4",
          "9:16",
          "16:9",
          "21:9",
          "4:1",
          "1:4",
          "8:1",
          "1:8",
        ],
        resolutions: ["1K", "2K", "4K"],
        outputFormats: ["png", "jpeg"],
      },
      modelLimits: [
        {
          model: /^krea\/v2\//,
          limits: {
            maxCount: 1,
            edit: { maxCount: 1, maxInputImages: 10 },
            sizes: [],
            aspectRatios: ["1:1", "4:3", "3:2", "16:9", "2.35:1", "4:5", "2:3", "9:16"],
            resolutions: [],
            outputFormats: [],
          },
        },
        {
          model: /^fal-ai\/nano-banana(?:[-/]|$)/,
          limits: {
            edit: { maxCount: 4, maxInputImages: 14 },
            sizes: [],
            aspectRatios: [...GEMINI_SHAPES, "4:1", "1:4", "8:1", "1:8"],
          },
        },
        { model: /^openai\/gpt-image-/, limits: { edit: { maxCount: 4, maxInputImages: 10 } } },
      ],
    },
  },
  {
    id: "vydra",
    name: "Vydra",
    env: ["VYDRA_API_KEY"],
    // With `www`: the bare host redirects there, and no key follows.
    baseUrl: "https://www.vydra.ai/api/v1",
    image: {
      protocol: "vydra-images",
      defaultModel: "grok-imagine",
      knownModels: ["grok-imagine"],
      timeoutMs: 300_000,
      limits: { maxCount: 1 },
    },
  },
];
