import { describe, expect, test } from "bun:test";
import { overridden } from "../../../src/engine/service-override.ts";
import type { ServiceOverride } from "../../../src/providers/types.ts";
import { known } from "./selection.ts";

const ROW = known({ env: ["MINE_KEY"], headers: { "x-a": "1", "x-b": "1" }, auth: [{ header: "x-key" }] });
const SPEECH: ServiceOverride = { baseUrl: "https://speech.example", baseUrlEnv: ["FIRST_URL", "SECOND_URL"] };

describe("overridden", () => {
  test("nothing in it changes nothing", () => {
    expect(overridden(ROW, {}, { FIRST_URL: "https://x.example" })).toEqual(ROW);
  });

  test("what stands there takes the row's place, and headers are added", () => {
    const auth = [{ header: "x-speech" }];
    expect(overridden(ROW, { env: ["OTHER"], auth, headers: { "x-b": "2", "x-c": "2" } }, {})).toMatchObject({
      env: ["OTHER"],
      auth,
      headers: { "x-a": "1", "x-b": "2", "x-c": "2" },
      baseUrl: "https://mine.example/v1",
    });
  });

  test.each<[string, Record<string, string>, string, true | undefined]>([
    ["its own address", {}, "https://speech.example", undefined],
    ["a variable's", { FIRST_URL: " https://first.example/v1 " }, "https://first.example/v1", true],
    ["the first that is set", { FIRST_URL: " ", SECOND_URL: "http://127.0.0.1:1" }, "http://127.0.0.1:1", true],
    ["the nearer one", { FIRST_URL: "https://a.example", SECOND_URL: "https://b.example" }, "https://a.example", true],
  ])("%s", (_, env, baseUrl, isMoved) => {
    const found = overridden(ROW, SPEECH, env);
    expect({ baseUrl: found.baseUrl, isMoved: found.isMoved }).toEqual({ baseUrl, isMoved });
  });

  test("the config's address comes before all of them", () => {
    const own = { ...ROW, baseUrl: "https://proxy.example", hasOwnBaseUrl: true as const };
    expect(overridden(own, SPEECH, { FIRST_URL: "https://first.example" }).baseUrl).toBe("https://proxy.example");
  });

  test("another host of the row's stays, but for a variable of the service", () => {
    const moved = { ...ROW, baseUrl: "https://cn.example", isMoved: true as const };
    expect(overridden(moved, SPEECH, {}).baseUrl).toBe("https://cn.example");
    expect(overridden(moved, SPEECH, { SECOND_URL: "https://b.example" }).baseUrl).toBe("https://b.example");
  });

  test.each(["speech.example/v1", "ftp://speech.example", "not a url"])("%p is no address", (value) => {
    const { problem, baseUrl } = overridden(ROW, SPEECH, { SECOND_URL: value });
    expect(problem).toMatchObject({ type: "usage", message: "SECOND_URL: expected an http(s) URL." });
    expect(problem?.details.hint).toBe("Write it with its scheme: https://host/path");
    expect(baseUrl).toBe("https://mine.example/v1");
  });
});
