import { describe, expect, test } from "bun:test";
import { configPlaces, stateFolder } from "../../../src/config/paths.ts";

const HOME = { HOME: "/home/me" };
const paths = (flag: string | undefined, env: Record<string, string>): string[] =>
  configPlaces(flag, env).map(({ path }) => path);

describe("configPlaces", () => {
  const everything = {
    ...HOME,
    INFER_CONFIG: "/infer.json",
    OPENCLAW_CONFIG_PATH: "/openclaw.json",
    OPENCLAW_STATE_DIR: "/state",
    XDG_CONFIG_HOME: "/xdg",
  };
  const { INFER_CONFIG: _1, ...withoutInfer } = everything;
  const { OPENCLAW_CONFIG_PATH: _2, ...withoutPath } = withoutInfer;
  const { OPENCLAW_STATE_DIR: _3, ...withoutState } = withoutPath;

  test.each([
    ["--config", "/flag.json", everything, "/flag.json"],
    ["INFER_CONFIG", undefined, everything, "/infer.json"],
    ["OPENCLAW_CONFIG_PATH", undefined, withoutInfer, "/openclaw.json"],
    ["$OPENCLAW_STATE_DIR/openclaw.json", undefined, withoutPath, "/state/openclaw.json"],
    ["$XDG_CONFIG_HOME/infer/config.json", undefined, withoutState, "/xdg/infer/config.json"],
    ["infer's own default", undefined, HOME, "/home/me/.config/infer/config.json"],
  ])("begins with %s", (_, flag, env, first) => {
    expect(paths(flag, env)[0]).toBe(first);
  });

  test("goes on in the contract's order to OpenClaw's own file", () => {
    expect(paths(undefined, withoutPath)).toEqual([
      "/state/openclaw.json",
      "/xdg/infer/config.json",
      "/home/me/.openclaw/openclaw.json",
    ]);
  });

  test("has one place only, which has to exist, when the user named it for infer", () => {
    expect(configPlaces("c.json", everything)).toEqual([{ path: "c.json", required: true }]);
    expect(configPlaces(undefined, everything)).toEqual([{ path: "/infer.json", required: true }]);
  });

  test("takes an empty variable for one that is not set", () => {
    const blank = { ...HOME, INFER_CONFIG: "", OPENCLAW_CONFIG_PATH: "", OPENCLAW_STATE_DIR: "", XDG_CONFIG_HOME: "" };
    expect(paths(undefined, blank)).toEqual(paths(undefined, HOME));
  });

  test("is empty without a home, and never the working directory", () => {
    expect(paths(undefined, {})).toEqual([]);
    expect(paths(undefined, HOME).every((path) => path.startsWith("/home/me/"))).toBe(true);
  });

  test("knows a Windows home", () => {
    expect(paths(undefined, { USERPROFILE: "/users/me" })).toContain("/users/me/.openclaw/openclaw.json");
  });
});

describe("stateFolder", () => {
  test.each([
    [{ ...HOME, XDG_STATE_HOME: "/state" }, "/state/infer"],
    [{ ...HOME, XDG_STATE_HOME: "" }, "/home/me/.local/state/infer"],
    [HOME, "/home/me/.local/state/infer"],
    [{}, undefined],
  ] as [Record<string, string>, string | undefined][])("%p: %p", (env, folder) => {
    expect(stateFolder(env)).toBe(folder);
  });
});
