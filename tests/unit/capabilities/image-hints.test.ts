import { expect, test } from "bun:test";
import { usableHints } from "../../../src/capabilities/image-hints.ts";
import type { ImageHints } from "../../../src/protocols/image-wire.ts";
import { imageRouteTo } from "../../support/images.ts";

function usable(id: string, hints: ImageHints, model?: string) {
  return usableHints(hints, imageRouteTo(id, model === undefined ? {} : { model }).limits);
}

interface Case {
  id: string;
  model?: string;
  asked: ImageHints;
  hints?: ImageHints;
  ignored?: (keyof ImageHints)[];
  replaced?: Partial<Record<keyof ImageHints, string>>;
}

const OPENAI: readonly Case[] = [
  { id: "openai", asked: { size: "2048x2048" }, hints: { size: "2048x2048" } },
  { id: "openai", asked: { size: "800x600" }, hints: { size: "1536x1024" }, replaced: { size: "1536x1024" } },
  { id: "openai", asked: { size: "1600x900" }, hints: { size: "2048x1152" }, replaced: { size: "2048x1152" } },
  { id: "openai", asked: { size: "banana" }, ignored: ["size"] },
  // What OpenClaw 2026.5.2 makes of it; the size is 2K, so that nothing of it is ignored.
  { id: "openai", asked: { aspectRatio: "16:9", resolution: "2K" }, hints: { size: "2048x1152" } },
  { id: "openai", asked: { aspectRatio: "16:9" }, hints: { size: "2048x1152" } },
  {
    id: "openai",
    asked: { aspectRatio: "1:1", resolution: "4K" },
    hints: { size: "2048x2048" },
    ignored: ["resolution"],
  },
  { id: "openai", asked: { resolution: "4K" }, hints: { size: "3840x2160" } },
  {
    id: "openai",
    asked: { aspectRatio: "21:9" },
    hints: { size: "2048x1152" },
    replaced: { aspectRatio: "2048x1152" },
  },
  { id: "openai", asked: { aspectRatio: "wide" }, ignored: ["aspectRatio"] },
  {
    id: "openai",
    asked: { size: "1024x1024", aspectRatio: "16:9", resolution: "4K" },
    hints: { size: "1024x1024" },
    ignored: ["aspectRatio", "resolution"],
  },
  {
    id: "openai",
    model: "gpt-image-1-mini",
    asked: { aspectRatio: "16:9", resolution: "2K" },
    hints: { size: "1536x1024" },
    replaced: { aspectRatio: "1536x1024" },
  },
  {
    id: "openai",
    model: "gpt-image-1.5",
    asked: { size: "2048x2048" },
    hints: { size: "1024x1024" },
    replaced: { size: "1024x1024" },
  },
  {
    id: "openai",
    asked: { quality: "ultra", outputFormat: "webp", background: "transparent", moderation: "low" },
    hints: { outputFormat: "webp", background: "transparent", moderation: "low" },
    ignored: ["quality"],
  },
];

const OTHERS: readonly Case[] = [
  { id: "xai", asked: { aspectRatio: "16:9", resolution: "2K" }, hints: { aspectRatio: "16:9", resolution: "2K" } },
  { id: "xai", asked: { resolution: "4K" }, hints: { resolution: "2K" }, replaced: { resolution: "2K" } },
  { id: "xai", asked: { aspectRatio: "21:9" }, hints: { aspectRatio: "16:9" }, replaced: { aspectRatio: "16:9" } },
  {
    id: "xai",
    asked: { size: "1536x1024" },
    hints: { aspectRatio: "3:2", resolution: "2K" },
    replaced: { size: "3:2, 2K" },
  },
  {
    id: "xai",
    asked: { size: "1536x1024", aspectRatio: "1:1" },
    hints: { aspectRatio: "1:1" },
    ignored: ["size"],
  },
  { id: "minimax", asked: { size: "1024x1024" }, hints: { aspectRatio: "1:1" }, replaced: { size: "1:1" } },
  { id: "minimax", asked: { resolution: "2K", quality: "high" }, ignored: ["resolution", "quality"] },
  // Its wire says what the size means.
  { id: "google", asked: { size: "3840x2160" }, hints: { size: "3840x2160" } },
  { id: "google", asked: { size: "800x123" }, hints: { size: "800x123" }, replaced: { size: "21:9" } },
  {
    id: "google",
    asked: { size: "1024x1024", aspectRatio: "16:9" },
    hints: { aspectRatio: "16:9" },
    ignored: ["size"],
  },
  // It makes any size.
  { id: "fal", asked: { size: "800x123" }, hints: { size: "800x123" } },
  {
    id: "fal",
    model: "krea/v2/large/text-to-image",
    asked: { size: "1024x1024" },
    hints: { aspectRatio: "1:1" },
    replaced: { size: "1:1" },
  },
  { id: "google", model: "gemini-2.5-flash-image", asked: { resolution: "4K" }, ignored: ["resolution"] },
  {
    id: "openrouter",
    asked: { aspectRatio: "4:5", resolution: "1K" },
    hints: { aspectRatio: "4:5", resolution: "1K" },
  },
  {
    id: "openrouter",
    model: "openai/gpt-5.4-image-2",
    asked: { size: "1024x1024", aspectRatio: "4:5", resolution: "1K" },
    ignored: ["size", "aspectRatio", "resolution"],
  },
  { id: "deepinfra", asked: { aspectRatio: "9:16" }, hints: { size: "1024x1792" } },
  { id: "litellm", asked: { size: "256x256", quality: "high" }, hints: { size: "256x256" }, ignored: ["quality"] },
];

const CASES = [...OPENAI, ...OTHERS].map((one) => {
  const { id, model, asked } = one;
  return [`${id}${model === undefined ? "" : `/${model}`}, ${JSON.stringify(asked)}`, one] as const;
});

test.each(CASES)("%s is asked for in the model's own words", (_, { id, model, asked, hints, ignored, replaced }) => {
  const found = usable(id, asked, model);
  expect(found.hints).toEqual(hints ?? {});
  // What is replaced is not asked for as it was given, either.
  const told = [...(ignored ?? []), ...Object.keys(replaced ?? {})];
  expect(found.ignored.map(({ key }) => key).sort()).toEqual(told.sort());
  for (const { key, value } of found.ignored)
    expect(value).toBe(Object.entries(asked).find(([name]) => name === key)?.[1] ?? "");
  expect(Object.fromEntries(found.replaced.map(({ key, by }) => [key, by]))).toEqual(replaced ?? {});
  for (const { key, value } of found.replaced) expect(value).toBe(asked[key] ?? "");
});

test("what was asked for stays as it was", () => {
  const asked: ImageHints = { aspectRatio: "16:9", resolution: "2K" };
  usable("openai", asked);
  expect(asked).toEqual({ aspectRatio: "16:9", resolution: "2K" });
});
