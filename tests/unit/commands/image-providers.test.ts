import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const CAPTURE = join(import.meta.dir, "../../../../shared/facts/openclaw/image-providers-52.json");

interface Listed {
  id: string;
  label: string;
  models: string[];
  defaultModel: string;
  selected: boolean;
  configured: boolean;
  capabilities: {
    generate: { maxCount: number };
    edit: { enabled: boolean; maxCount: number; maxInputImages: number; supportsAspectRatio: boolean };
  };
}

async function list(env: Record<string, string> = {}): Promise<Listed[]> {
  const { stdout } = await runInProcess(["image", "providers", "--json"], { env: { HOME: "/nowhere", ...env } });
  return JSON.parse(stdout);
}

test.skipIf(!existsSync(CAPTURE))(
  "has every provider of OpenClaw's list, in its order and shape (skipped without ../shared/facts)",
  async () => {
    const captured: Listed[] = JSON.parse(readFileSync(CAPTURE, "utf8"));
    const ours = await list();
    const known = captured.map(({ id }) => id);
    expect(ours.map(({ id }) => id).filter((id) => known.includes(id))).toEqual(known);
    for (const theirs of captured) {
      const mine = ours.find(({ id }) => id === theirs.id);
      expect(Object.keys(mine ?? {})).toEqual(Object.keys(theirs));
      expect(Object.keys(mine?.capabilities ?? {})).toEqual(Object.keys(theirs.capabilities));
      expect(mine?.label).toBe(theirs.label);
      expect(mine?.defaultModel).toBe(theirs.defaultModel);
      expect(mine?.capabilities.generate).toEqual(theirs.capabilities.generate);
      expect(mine?.capabilities.edit).toEqual(theirs.capabilities.edit);
    }
  },
);

test("tells who is set up, and whom a bare run takes", async () => {
  const listed = await list({ FAL_KEY: "k", XAI_API_KEY: "k" });
  expect(listed.filter(({ configured }) => configured).map(({ id }) => id)).toEqual(["fal", "xai"]);
  expect(listed.filter(({ selected }) => selected).map(({ id }) => id)).toEqual(["fal"]);
  const nothing = await list();
  expect(nothing.some(({ configured, selected }) => configured || selected)).toBe(false);
});

test("passes over one that cannot be tried, as a run does", async () => {
  const folder = new TemporaryFolder();
  const config = folder.file("config.json");
  const imageGenerationModel = { primary: "acme/draw", fallbacks: ["openai/gpt-image-2", "xai/grok-imagine-image"] };
  writeFileSync(config, JSON.stringify({ agents: { defaults: { imageGenerationModel } } }));
  const line = ["image", "providers", "--json", "--config", config];
  const { stdout } = await runInProcess(line, { env: { HOME: "/nowhere", XAI_API_KEY: "k" } });
  const listed: Listed[] = JSON.parse(stdout);
  expect(listed.filter(({ selected }) => selected).map(({ id }) => id)).toEqual(["xai"]);
  folder[Symbol.dispose]();
});

test("is a table for people", async () => {
  const { stdout } = await runInProcess(["image", "providers"], { env: { HOME: "/nowhere", OPENAI_API_KEY: "k" } });
  expect(stdout).toMatch(/^openai +selected +generate, edit +gpt-image-2$/m);
});
