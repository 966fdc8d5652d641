import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { InferError } from "../../../src/core/error.ts";
import { findPlayers, play, playWith } from "../../../src/process/play.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const never = new AbortController().signal;

/** Players of those names on PATH, all with this script. */
function install(names: string[], script = "exit 0"): { PATH: string; WITH: string } {
  for (const name of names) writeFileSync(folder.file(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: folder.path, WITH: folder.file("heard") };
}

async function nameFor(
  env: { PATH: string },
  platform: NodeJS.Platform,
  mimeType: string,
): Promise<string | undefined> {
  return (await findPlayers(env, platform, mimeType))[0]?.name;
}

describe.skipIf(process.platform === "win32")("findPlayers", () => {
  test("the first that can play it", async () => {
    const env = install(["pw-play", "paplay", "aplay", "ffplay", "mpv", "play", "mpg123"]);
    expect(await nameFor(env, "linux", "audio/wav")).toBe("pw-play");
    expect(await nameFor(env, "linux", "audio/flac")).toBe("pw-play");
    expect(await nameFor(env, "linux", "audio/ogg; codecs=opus")).toBe("pw-play");
    expect(await nameFor(env, "linux", "audio/mpeg")).toBe("ffplay");
    expect(await nameFor(env, "linux", "audio/aac")).toBe("ffplay");
  });

  test("never one that cannot", async () => {
    const env = install(["aplay", "mpg123"]);
    expect(await nameFor(env, "linux", "audio/wav")).toBe("aplay");
    expect(await nameFor(env, "linux", "audio/mpeg")).toBe("mpg123");
    expect(await nameFor(env, "linux", "audio/flac")).toBeUndefined();
    expect(await nameFor(env, "linux", "audio/pcm")).toBeUndefined();
    expect(await nameFor(env, "linux", "image/png")).toBeUndefined();
  });

  test("MP3 through libsndfile when there is nothing else", async () => {
    expect(await nameFor(install(["paplay"]), "linux", "audio/mpeg")).toBe("paplay");
  });

  test("macOS: its own, and for Ogg another", async () => {
    const env = install(["afplay", "ffplay"]);
    expect(await nameFor(env, "darwin", "audio/mpeg")).toBe("afplay");
    expect(await nameFor(env, "darwin", "audio/ogg; codecs=opus")).toBe("ffplay");
    expect(await nameFor(env, "linux", "audio/mpeg")).toBe("ffplay");
  });

  test("Windows: its own for WAV, told the path in a variable", async () => {
    const env = install(["powershell"]);
    const [player] = await findPlayers(env, "win32", "audio/wav");
    expect(player).toMatchObject({ name: "powershell", variable: "INFER_AUDIO" });
    expect(player?.args.at(-1)).toContain("Media.SoundPlayer $env:INFER_AUDIO).PlaySync()");
    expect(await nameFor(env, "win32", "audio/mpeg")).toBeUndefined();
  });
});

describe.skipIf(process.platform === "win32")("play", () => {
  const put = async (mimeType: string, env: { PATH: string; WITH: string }, signal = never): Promise<void> => {
    const [player] = await findPlayers(env, "linux", mimeType);
    if (!player) throw new Error("no player");
    writeFileSync(folder.file("-a b.wav"), "");
    await play(player, "-a b.wav", { env, cwd: folder.path, signal });
  };
  const heard = (): string[] => readFileSync(folder.file("heard"), "utf8").trimEnd().split("\n");

  test.each([
    ["pw-play", "audio/wav", []],
    ["paplay", "audio/wav", []],
    ["aplay", "audio/wav", ["-q"]],
    ["ffplay", "audio/mpeg", ["-nodisp", "-autoexit", "-loglevel", "error"]],
    ["mpv", "audio/mpeg", ["--no-video", "--really-quiet"]],
    ["play", "audio/mpeg", ["-q"]],
    ["mpg123", "audio/mpeg", ["-q"]],
  ])("%s gets the whole path, after its flags", async (name, mimeType, flags) => {
    await put(mimeType, install([name], 'printf "%s\\n" "$@" > "$WITH"'));
    expect(heard()).toEqual([...flags, folder.file("-a b.wav")]);
  });

  test("a path in a variable is no argument", async () => {
    const env = install(["powershell"], 'printf "%s\\n" "$#" "$INFER_AUDIO" > "$WITH"');
    const [player] = await findPlayers(env, "win32", "audio/wav");
    if (!player) throw new Error("no player");
    await play(player, "it's.wav", { env, cwd: folder.path, signal: never });
    expect(heard()).toEqual(["4", folder.file("it's.wav")]);
  });

  test("one that fails: in its own words", async () => {
    const error = await rejection(put("audio/wav", install(["aplay"], "echo 'no such device' >&2; exit 3")));
    expect(error).toMatchObject({
      type: "io",
      message: "aplay could not play -a b.wav (exit code 3). It said: no such device",
    });
    expect(error.details.hint).toContain("--output");
  });

  test("the keys that it was given are no words of its own", async () => {
    const env = { ...install(["aplay"], 'echo "key=$A_KEY" >&2; exit 3'), A_KEY: "sk-play-0123456789" };
    expect((await rejection(put("audio/wav", env))).message).toEndWith("It said: key=[redacted]");
  });

  test("one that fails gives way to the next; the first one's words count when all fail", async () => {
    const env = install(["pw-play"], "echo 'no server' >&2; exit 1");
    const works = { name: "works", command: "/bin/sh", args: ["-c", `echo "$0" > "${folder.file("heard")}"`] };
    const players = [...(await findPlayers(env, "linux", "audio/wav")), works];
    const playing = { env, cwd: folder.path, signal: never };
    await playWith(players, "a.wav", playing);
    expect(heard()).toEqual([folder.file("a.wav")]);
    const broken = { ...works, args: ["-c", "echo 'nor here' >&2; exit 2"] };
    const error = await rejection(playWith([...players.slice(0, 1), broken], "a.wav", playing));
    expect(error.message).toContain("no server");
  });

  test("a script without its interpreter gives way, too", async () => {
    const env = install(["pw-play"]);
    writeFileSync(folder.file("pw-play"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const works = { name: "works", command: "/bin/sh", args: ["-c", `echo "$0" > "${folder.file("heard")}"`] };
    const players = [...(await findPlayers(env, "linux", "audio/wav")), works];
    await playWith(players, "a.wav", { env, cwd: folder.path, signal: never });
    expect(heard()).toEqual([folder.file("a.wav")]);
  });

  test("ends when the signal fires", async () => {
    const stop = new AbortController();
    const env = { ...install(["aplay"], 'echo $$ > "$WITH"; exec sleep 60'), PATH: `${folder.path}:/usr/bin:/bin` };
    const playing = rejection(put("audio/wav", env, stop.signal));
    while (!existsSync(folder.file("heard")) || heard()[0] === "") await Bun.sleep(5);
    stop.abort(new InferError("interrupted", "Ctrl-C"));
    expect((await playing).type).toBe("interrupted");
    expect(() => process.kill(Number(heard()[0]), 0)).toThrow("ESRCH");
  });
});
