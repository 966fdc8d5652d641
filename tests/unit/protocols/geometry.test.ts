import { describe, expect, test } from "bun:test";
import {
  extentOf,
  nearestRatio,
  nearestResolution,
  nearestSize,
  ratioOf,
  resolutionOf,
  type WantedSize,
} from "../../../src/protocols/geometry.ts";

test.each([
  ["1024x1024", { width: 1024, height: 1024 }],
  [" 1536 X 1024 ", { width: 1536, height: 1024 }],
  ["banana", undefined],
  ["1024", undefined],
  ["0x1024", undefined],
  ["-1x2", undefined],
  ["1024x1024x3", undefined],
  ["9999999x1", undefined],
])("the extent of %j is %j", (size, extent) => {
  expect(extentOf(size)).toEqual(extent);
});

test.each([
  ["16:9", 16 / 9],
  ["2.35:1", 2.35],
  [" 1 : 1 ", 1],
  ["0:1", undefined],
  ["16x9", undefined],
  ["wide", undefined],
])("the ratio of %j is %j", (shape, ratio) => {
  expect(ratioOf(shape)).toBe(ratio);
});

test.each([
  [1024, 1024, "1K"],
  [1535, 1, "1K"],
  [1024, 1536, "2K"],
  [3071, 3071, "2K"],
  [3072, 1, "4K"],
  [2160, 3840, "4K"],
])("%dx%d is %s", (width, height, resolution) => {
  expect(resolutionOf({ width, height })).toBe(resolution as "1K");
});

describe("the nearest", () => {
  test.each([
    [16 / 9, "16:9"],
    [1.75, "16:9"],
    [2.2, "21:9"],
    [1.02, "1:1"],
    [0.1, "9:16"],
  ])("ratio to %d is %s", (wanted, ratio) => {
    expect(nearestRatio(["1:1", "16:9", "21:9", "9:16", "nonsense"], wanted)).toBe(ratio);
  });

  test("resolution", () => {
    expect(nearestResolution(["1K", "2K"], "4K")).toBe("2K");
    expect(nearestResolution(["2K", "4K"], "1K")).toBe("2K");
    expect(nearestResolution([], "1K")).toBeUndefined();
  });

  const SIZES = ["1024x1024", "1536x1024", "1024x1536", "2048x2048", "2048x1152", "3840x2160", "2160x3840"];
  test.each<[WantedSize, string]>([
    // OpenClaw 2026.5.2 sends this size for 16:9.
    [{ ratio: 16 / 9 }, "2048x1152"],
    [{ ratio: 16 / 9, resolution: "2K" }, "2048x1152"],
    [{ ratio: 16 / 9, resolution: "4K" }, "3840x2160"],
    [{ ratio: 9 / 16 }, "2160x3840"],
    [{ ratio: 1 }, "1024x1024"],
    [{ ratio: 1, resolution: "2K" }, "2048x2048"],
    [{ ratio: 1, resolution: "4K" }, "2048x2048"],
    [{ ratio: 4 / 3 }, "1536x1024"],
    [{ resolution: "1K" }, "1024x1024"],
    [{ resolution: "2K" }, "2048x2048"],
    [{ resolution: "4K" }, "3840x2160"],
    [{ ratio: 1, area: 1900 * 1900 }, "2048x2048"],
    [{ ratio: 1, area: 1 }, "1024x1024"],
    [{}, "1024x1024"],
  ])("size to %j is %s", (wanted, size) => {
    expect(nearestSize(SIZES, wanted)).toBe(size);
  });

  test("size of none is none", () => {
    expect(nearestSize([], { ratio: 1 })).toBeUndefined();
    expect(nearestSize(["auto"], { ratio: 1 })).toBeUndefined();
  });
});
