import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { findProgram } from "../../../src/process/find-program.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

mkdirSync(folder.file("first"));
mkdirSync(folder.file("second"));

function put(path: string, mode = 0o755): string {
  writeFileSync(folder.file(path), "#!/bin/sh\n", { mode });
  return folder.file(path);
}

const CWD = "/nowhere";
const PATH = `${folder.file("first")}:${folder.file("second")}`;

describe.skipIf(process.platform === "win32")("findProgram", () => {
  test("takes the first folder that has it", async () => {
    const here = put("first/both");
    put("second/both");
    const there = put("second/one");
    expect(await findProgram("both", { PATH }, CWD)).toBe(here);
    expect(await findProgram("one", { PATH }, CWD)).toBe(there);
    expect(await findProgram("none", { PATH }, CWD)).toBeNull();
    expect(await findProgram("  one ", { PATH }, CWD)).toBe(there);
    expect(await findProgram("", { PATH }, CWD)).toBeNull();
  });

  test("passes over folders and what may not be run", async () => {
    mkdirSync(folder.file("first/tool"));
    put("first/notes", 0o644);
    const tool = put("second/tool");
    const notes = put("second/notes");
    expect(await findProgram("tool", { PATH }, CWD)).toBe(tool);
    expect(await findProgram("notes", { PATH }, CWD)).toBe(notes);
  });

  test("follows links, and passes over those that lead nowhere", async () => {
    symlinkSync(put("aim"), folder.file("first/linked"));
    symlinkSync(folder.file("gone"), folder.file("first/lost"));
    expect(await findProgram("linked", { PATH }, CWD)).toBe(folder.file("first/linked"));
    expect(await findProgram("lost", { PATH }, CWD)).toBeNull();
  });

  test("a name with a slash is a path, and PATH has no say", async () => {
    const program = put("own");
    expect(await findProgram(program, {}, CWD)).toBe(program);
    expect(await findProgram("./own", { PATH }, folder.path)).toBe(program);
    expect(await findProgram("./both", { PATH }, folder.path)).toBeNull();
    expect(await findProgram("~/own", { HOME: folder.path }, CWD)).toBe(program);
    expect(await findProgram("~/own", {}, CWD)).toBeNull();
  });

  test("an entry of PATH that is not absolute is no place for programs", async () => {
    put("own");
    expect(await findProgram("own", { PATH: relative(process.cwd(), folder.path) }, CWD)).toBeNull();
    expect(await findProgram("own", { PATH: "" }, CWD)).toBeNull();
    expect(await findProgram("own", {}, CWD)).toBeNull();
    expect(await findProgram("own", { PATH: `:~`, HOME: folder.path }, CWD)).toBe(folder.file("own"));
  });

  test("no shell reads it", async () => {
    expect(await findProgram("own; true", { PATH: folder.path }, CWD)).toBeNull();
    const odd = put("own; true");
    expect(await findProgram("own; true", { PATH: folder.path }, CWD)).toBe(odd);
  });
});
