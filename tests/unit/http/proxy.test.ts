import { describe, expect, test } from "bun:test";
import { proxyAssignments, proxyEnvironment } from "../../../src/http/proxy.ts";

const LOOPBACK = "localhost,127.0.0.1,::1,[::1]";
const exempt = (list: string) => ({ NO_PROXY: list, no_proxy: list });

describe("proxyAssignments", () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ["no proxy", {}, {}],
    ["NO_PROXY alone", { NO_PROXY: "a.com" }, {}],
    ["an empty proxy is none", { HTTPS_PROXY: "" }, {}],
    ["an empty ALL_PROXY is none", { ALL_PROXY: "" }, {}],
    ["its own variable is Bun's", { HTTPS_PROXY: "http://p:1" }, exempt(LOOPBACK)],
    ["in lower case too", { http_proxy: "http://p:1" }, exempt(LOOPBACK)],
    [
      "ALL_PROXY stands in for both schemes",
      { ALL_PROXY: "http://p:1" },
      { HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1", ...exempt(LOOPBACK) },
    ],
    [
      "all_proxy as well, for the scheme that has none",
      { all_proxy: "http://p:1", https_proxy: "http://q:2" },
      { HTTP_PROXY: "http://p:1", ...exempt(LOOPBACK) },
    ],
    [
      "a scheme that is switched off stays so",
      { ALL_PROXY: "http://p:1", HTTP_PROXY: "" },
      { HTTPS_PROXY: "http://p:1", ...exempt(LOOPBACK) },
    ],
    [
      "the user's exemptions stay, loopback comes after them",
      { HTTP_PROXY: "http://p:1", NO_PROXY: " a.com, b.com:8080 ,," },
      exempt(`a.com,b.com:8080,${LOOPBACK}`),
    ],
    [
      "nothing twice",
      { HTTP_PROXY: "http://p:1", no_proxy: "127.0.0.1,a.com" },
      exempt("127.0.0.1,a.com,localhost,::1,[::1]"),
    ],
    ["everything exempt stays so", { HTTP_PROXY: "http://p:1", NO_PROXY: "*" }, {}],
  ])("%s", (_name, env, assignments) => {
    expect(proxyAssignments(env)).toEqual(assignments);
  });

  test("does not change what it was given", () => {
    const env = Object.freeze({ ALL_PROXY: "http://p:1" });
    expect(() => proxyAssignments(env)).not.toThrow();
  });
});

describe("proxyEnvironment", () => {
  test("has the variables themselves as well, and no others", () => {
    const env = { https_proxy: "http://p:1", HTTP_PROXY: "", NO_PROXY: "a.com", KEY: "k" };
    expect(proxyEnvironment(env)).toEqual({
      https_proxy: "http://p:1",
      HTTP_PROXY: "",
      ...exempt(`a.com,${LOOPBACK}`),
    });
    expect(proxyEnvironment({ KEY: "k" })).toEqual({});
  });
});
