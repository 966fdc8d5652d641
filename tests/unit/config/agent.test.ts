import { describe, expect, test } from "bun:test";
import { defaultModels, resolveAlias } from "../../../src/config/agent.ts";
import { type LoadedConfig, loadConfig, parseConfig } from "../../../src/config/file.ts";
import { fakeContext } from "../../support/context.ts";
import { failure, rejection } from "../../support/failure.ts";

const PATH = "/home/me/.openclaw/openclaw.json";
const ENV = { HOME: "/home/me" };

function loaded(agents: unknown, wanted?: string, env: Record<string, string> = ENV): LoadedConfig {
  return parseConfig(JSON.stringify({ agents }), PATH, env, wanted);
}

describe("the agent", () => {
  test.each<[string, unknown, string]>([
    ["main without a list", {}, "main"],
    ["main with an empty one", { list: [] }, "main"],
    ["the first of a list", { list: [{ id: "work" }, { id: "home" }] }, "work"],
    ["the one that says default", { list: [{ id: "work" }, { id: "home", default: true }] }, "home"],
    [
      "the first of two that say so",
      { list: [{ id: "a" }, { id: "b", default: true }, { id: "c", default: true }] },
      "b",
    ],
  ])("is %s", (_, agents, id) => {
    expect(loaded(agents).agent).toEqual({ id, folder: `/home/me/.openclaw/agents/${id}/agent` });
  });

  test.each([
    ["work", "work"],
    ["WORK", "work"],
    [" work ", "work"],
    ["My Bot", "my-bot"],
    ["my-bot", "my-bot"],
  ])("that --agent %p names is %s", (wanted, id) => {
    expect(loaded({ list: [{ id: "home" }, { id: "Work" }, { id: "My Bot!" }] }, wanted).agent.id).toBe(id);
  });

  test("is main for --agent main, where there is no list", () => {
    expect(loaded({}, "main").agent.id).toBe("main");
  });

  test.each<[string, unknown, string, RegExp]>([
    ["there is no list", {}, "work", /Known: main\./],
    [
      "it is not in the list",
      { list: [{ id: "home" }, { id: "Work" }] },
      "wrok",
      /Did you mean.*work.*Known: home, work\./,
    ],
    ["main is not in the list", { list: [{ id: "home" }] }, "main", /Known: home\./],
    ["it is no name of ours", { list: [{ id: "home" }] }, "__proto__", /Known: home\./],
    ["it is a path", { list: [{ id: "home" }] }, "../home/..", /Known: home\.|home/],
  ])("is not found where %s", (_, agents, wanted, hint) => {
    if (wanted.includes(".."))
      return expect(loaded(agents, wanted).agent.folder).toBe("/home/me/.openclaw/agents/home/agent");
    const error = failure(() => loaded(agents, wanted));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "not_found", exitCode: 4 });
    expect(error.message).toContain(`"${wanted}"`);
    expect(error.message).toContain(PATH);
    expect(error.details.hint).toMatch(hint);
  });

  test("is not found without a config, unless it is main", async () => {
    const load = (agent: string): Promise<LoadedConfig> =>
      loadConfig(fakeContext({ env: { HOME: "/nowhere" }, options: { agent } }));
    expect((await load("main")).agent).toEqual({ id: "main", folder: "/nowhere/.openclaw/agents/main/agent" });
    expect((await rejection(load("work"))).details.hint).toContain("Known: main.");
  });

  test("has its folder where it says, else below OpenClaw's state", () => {
    const folderOf = (agentDir: string, env = ENV): string | undefined =>
      loaded({ list: [{ id: "work", agentDir }] }, undefined, env).agent.folder;
    expect(folderOf("/srv/agent")).toBe("/srv/agent");
    expect(folderOf("~/agent")).toBe("/home/me/agent");
    expect(folderOf("agents/work")).toBe("/home/me/.openclaw/agents/work");
    expect(folderOf(" ")).toBe("/home/me/.openclaw/agents/work/agent");
    expect(loaded({}, undefined, { OPENCLAW_STATE_DIR: "/state" }).agent.folder).toBe("/state/agents/main/agent");
    expect(loaded({}, undefined, {}).agent.folder).toBeUndefined();
  });
});

describe("defaultModels", () => {
  const COMMON = { primary: "x/common", fallbacks: ["x/second"] };

  test.each<[string, unknown, unknown, string[], string]>([
    ["nothing", undefined, undefined, [], "agents.defaults.model"],
    ["a common string", "x/common", undefined, ["x/common"], "agents.defaults.model"],
    ["a common object", COMMON, undefined, ["x/common", "x/second"], "agents.defaults.model"],
    ["common fallbacks alone", { fallbacks: ["x/second"] }, undefined, ["x/second"], "agents.defaults.model"],
    ["an own string: the common fallbacks are another model's", COMMON, "y/own", ["y/own"], "agents.list.1.model"],
    ["an own primary", COMMON, { primary: "y/own" }, ["y/own"], "agents.list.1.model"],
    [
      "an own primary and fallbacks",
      COMMON,
      { primary: "y/own", fallbacks: ["y/2"] },
      ["y/own", "y/2"],
      "agents.list.1.model",
    ],
    ["own fallbacks alone", COMMON, { fallbacks: ["y/2"] }, ["x/common", "y/2"], "agents.defaults.model"],
    ["own fallbacks that are none", COMMON, { fallbacks: [] }, ["x/common"], "agents.defaults.model"],
    ["an own object without anything", COMMON, {}, ["x/common", "x/second"], "agents.defaults.model"],
    ["an own blank", COMMON, " ", ["x/common", "x/second"], "agents.defaults.model"],
    ["an own one and no common one", undefined, "y/own", ["y/own"], "agents.list.1.model"],
  ])("with %s", (_, common, own, refs, place) => {
    const agents = {
      defaults: { model: common },
      list: [
        { id: "home", model: "z/home" },
        { id: "Work", model: own },
      ],
    };
    expect(defaultModels(loaded(agents, "work"))).toEqual({ refs, place });
  });

  test("are the default agent's without --agent", () => {
    const agents = { defaults: { model: "x/common" }, list: [{ id: "a" }, { id: "b", default: true, model: "y/own" }] };
    expect(defaultModels(loaded(agents)).refs).toEqual(["y/own"]);
    expect(defaultModels(loaded(agents, "a")).refs).toEqual(["x/common"]);
  });
});

describe("resolveAlias", () => {
  const models = {
    "openai/gpt-5.4-mini": { alias: "Fast" },
    "anthropic/claude-x": { alias: "smart", params: { a: 1 } },
    "groq/old": { alias: "twice" },
    "groq/new": { alias: "twice" },
    "local/*": { alias: "wild" },
    "a/b": {},
    "c/d": { alias: " " },
  };
  const resolved = (name: string): string | undefined => resolveAlias(loaded({ defaults: { models } }), name);

  test.each([
    ["fast", "openai/gpt-5.4-mini"],
    ["FAST", "openai/gpt-5.4-mini"],
    [" Fast ", "openai/gpt-5.4-mini"],
    ["smart", "anthropic/claude-x"],
    ["twice", "groq/new"],
  ])("%p is %s", (name, ref) => expect(resolved(name)).toBe(ref));

  test.each(["wild", "", " ", "a/b", "openai/gpt-5.4-mini", "constructor", "__proto__", "unknown"])(
    "%p is none",
    (name) => {
      expect(resolved(name)).toBeUndefined();
    },
  );

  test("knows none without any", () => expect(resolveAlias(loaded({}), "fast")).toBeUndefined());
});
