import { basename, resolve } from "node:path";
import { InferError } from "../core/error.ts";
import { programOnPath } from "./find-program.ts";
import { withoutKeys } from "./keys.ts";
import { runProgram } from "./run.ts";
import { said } from "./said.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A program of this machine that plays what it is given, and ends with it. */
export interface Player {
  name: string;
  /** Absolute. */
  command: string;
  /** The file's path is put after them. */
  args: readonly string[];
  /** Set where a path cannot be handed over safely as an argument: it goes into this variable. */
  variable?: string;
}

interface Playing {
  env: Env;
  cwd: string;
  signal: AbortSignal;
}

/** The players of this machine that can play such a file, the best first. */
export async function findPlayers(env: Env, platform: NodeJS.Platform, mimeType: string): Promise<Player[]> {
  const kind = kindOf(mimeType);
  if (!kind) return [];
  const players: Player[] = [];
  for (const { name, args, plays, variable } of [...(OWN[platform] ?? []), ...COMMON]) {
    if (plays !== "all" && !plays.includes(kind)) continue;
    const command = await programOnPath(name, env);
    if (command) players.push({ name, command, args, ...(variable && { variable }) });
  }
  return players;
}

/** Plays a file to its end with the first player that can: one may be installed, and have no server, or no interpreter. */
export async function playWith(players: readonly Player[], path: string, playing: Playing): Promise<void> {
  let failure: unknown;
  for (const player of players) {
    try {
      return await play(player, path, playing);
    } catch (thrown) {
      if (!(thrown instanceof InferError) || !/^(?:io|not_found)$/.test(thrown.type)) throw thrown;
      failure ??= thrown;
    }
  }
  throw failure;
}

/** Plays a file to its end. Fails as `io`, in the player's own words; it is ended when the signal fires. */
export async function play(player: Player, path: string, { env, cwd, signal }: Playing): Promise<void> {
  const { name, command, args, variable } = player;
  const file = resolve(cwd, path);
  const { exitCode, stdout, stderr } = await runProgram({
    command,
    args: variable === undefined ? [...args, file] : args,
    env: { ...env, ...(variable !== undefined && { [variable]: file }) },
    cwd,
    maxOutputBytes: MOST_WORDS,
    // As long as the audio is.
    timeoutMs: Number.POSITIVE_INFINITY,
    signal,
  });
  if (exitCode === 0) return;
  const words = withoutKeys(stderr || new TextDecoder().decode(stdout), env);
  throw new InferError("io", `${name} could not play ${basename(file)} (exit code ${exitCode}).${said(words)}`, {
    hint: "Check that this machine can play sound; the audio itself is there with --output.",
  });
}

const MOST_WORDS = 1024 * 1024;

const KINDS = {
  wav: ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"],
  mp3: ["audio/mpeg", "audio/mp3"],
  flac: ["audio/flac", "audio/x-flac"],
  /** Opus and Vorbis alike. */
  ogg: ["audio/ogg", "audio/opus", "application/ogg"],
  aac: ["audio/aac", "audio/x-aac"],
  m4a: ["audio/mp4", "audio/m4a", "audio/x-m4a", "video/mp4"],
  webm: ["audio/webm", "video/webm"],
} as const;
type Kind = keyof typeof KINDS;

function kindOf(mimeType: string): Kind | undefined {
  const [type = ""] = mimeType.toLowerCase().split(";");
  const found = Object.entries(KINDS).find(([, types]) => types.some((one) => one === type.trim()));
  return found?.[0] as Kind | undefined;
}

interface Row {
  name: string;
  args: readonly string[];
  plays: "all" | readonly Kind[];
  variable?: string;
}

/** .NET's System.Media.SoundPlayer plays WAV only, and PlaySync waits for its end. */
const SOUND_PLAYER = "$ErrorActionPreference = 'Stop'; (New-Object Media.SoundPlayer $env:INFER_AUDIO).PlaySync()";

const OWN: Partial<Record<NodeJS.Platform, readonly Row[]>> = {
  // Core Audio knows no Ogg.
  darwin: [{ name: "afplay", args: [], plays: ["wav", "mp3", "flac", "aac", "m4a"] }],
  win32: [
    {
      name: "powershell",
      args: ["-NoProfile", "-NonInteractive", "-Command", SOUND_PLAYER],
      plays: ["wav"],
      variable: "INFER_AUDIO",
    },
  ],
};

/** pw-play and paplay read with libsndfile, which has MP3 from 1.1.0 on only: for that they come last. */
const COMMON: readonly Row[] = [
  { name: "pw-play", args: [], plays: ["wav", "flac", "ogg"] },
  { name: "paplay", args: [], plays: ["wav", "flac", "ogg"] },
  { name: "aplay", args: ["-q"], plays: ["wav"] },
  { name: "ffplay", args: ["-nodisp", "-autoexit", "-loglevel", "error"], plays: "all" },
  { name: "mpv", args: ["--no-video", "--really-quiet"], plays: "all" },
  { name: "play", args: ["-q"], plays: ["wav", "mp3", "flac", "ogg"] },
  { name: "mpg123", args: ["-q"], plays: ["mp3"] },
  { name: "pw-play", args: [], plays: ["mp3"] },
  { name: "paplay", args: [], plays: ["mp3"] },
];
