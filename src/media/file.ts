import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, copyFile, lstat, mkdir, open, rename, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { extensions } from "mime-types";
import { linkTarget } from "../config/link-target.ts";
import { stateFolder } from "../config/paths.ts";
import type { Context } from "../core/context.ts";
import type { FileOutput } from "../core/envelope.ts";
import { codeOf, InferError, messageOf, toInferError } from "../core/error.ts";
import { PartFile, type StoredFile } from "./part.ts";

export interface MediaFile {
  bytes: Uint8Array;
  mimeType: string;
  /** Of the bytes, without the dot. */
  extension: string;
}

/** A file that stands beside its destination already, see `PartFile`. */
export interface ArrivedFile {
  part: PartFile;
  stored: StoredFile;
  mimeType: string;
  extension: string;
}

export interface Destination {
  /** What `--output` said: a file, or a folder (ends in a slash, or exists). */
  output?: string | undefined;
  /** `image`, `tts`, `video`: where files go without `--output`. */
  family: string;
  /** What the file is about; names it where `--output` does not. */
  subject: string;
  /** Its place among several, from 1: `x.png` is `x-1.png` then. */
  number?: number | undefined;
}

/**
 * Writes a finished file. It appears under its final name only when complete, and a failure leaves the old file and no
 * litter. The extension follows the bytes, not the request; the report says so when they differ, and what has the name
 * that comes of it stays: nobody asked for it to be replaced.
 */
export async function saveMedia(
  context: Context,
  media: MediaFile | ArrivedFile,
  destination: Destination,
): Promise<FileOutput> {
  const chosen = await choosePath(context, media, destination);
  // A device or a named pipe takes the bytes as it is: nothing can be renamed over it.
  const special = await isSpecial(chosen);
  const path = special ? chosen : await truthfulName(context, chosen, media);
  try {
    await mkdir(dirname(path), { recursive: true });
    if ("part" in media) await place(media.part, path, special);
    else if (special) await writeFile(path, media.bytes);
    else await writeWhole(await linkTarget(path), media.bytes);
  } catch (thrown) {
    // Without the second half of Node's message, which names the temporary file.
    const [why] = messageOf(thrown).split(", ");
    throw new InferError("io", `${path} cannot be written: ${why}`, { cause: thrown });
  }
  const { size, sha256 } = "part" in media ? media.stored : digest(media.bytes);
  return { path, mimeType: media.mimeType, size, sha256 };
}

/** Where a file ended up, and why that is not where it was to be. */
export type Placed = { file: FileOutput; failure?: InferError } | { file?: undefined; failure: InferError };

/** The same for what has been paid for: where it cannot be under its own name, it is kept under a free one. `what`: in messages. */
export async function keepMedia(
  context: Context,
  media: MediaFile | ArrivedFile,
  destination: Destination,
  what: string,
): Promise<Placed> {
  try {
    return { file: await saveMedia(context, media, destination) };
  } catch (thrown) {
    const failure = toInferError(thrown);
    const { family, subject } = destination;
    // What arrived is on a disk that had room for it; what is in memory may go to any that has.
    const lastResort = "part" in media ? dirname(media.stored.path) : tmpdir();
    for (const output of [undefined, `${lastResort}/`]) {
      const file = await saveMedia(context, media, { output, family, subject }).catch(() => undefined);
      if (!file) continue;
      const message = `${failure.message} The ${what} is kept as ${file.path}.`;
      return { file, failure: new InferError(failure.type, message, failure.details) };
    }
    return { failure };
  }
}

/** What `--output` says of the kind of file: its ending, small, without the dot; that of a folder's name says nothing. */
export async function endingOf(context: Context, output: string | undefined): Promise<string> {
  if (output === undefined || isFolderName(output) || (await isFolder(resolve(context.cwd, output)))) return "";
  return extname(output).slice(1).toLowerCase();
}

/**
 * Where a file may arrive before it has its name: the folder it will be in, or the nearest one above that is there, so
 * that a failure leaves no empty folder behind.
 */
export async function arrivalFolder(context: Context, { output, family }: Destination): Promise<string> {
  if (output === "-") return tmpdir();
  const path = output === undefined ? mediaFolder(context, family) : resolve(context.cwd, output);
  if (await isSpecial(path)) return tmpdir();
  let folder = path;
  while (!(await isFolder(folder)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Refuses a destination that could not be written, before anything has been spent on it. */
export async function checkDestination(context: Context, output: string | undefined, family: string): Promise<void> {
  if (output === "-") return;
  const path = output === undefined ? mediaFolder(context, family) : resolve(context.cwd, output);
  if (STDOUT.test(path)) {
    throw new InferError("usage", `${path} is stdout, where the file's path is told.`, { hint: "Use --output -" });
  }
  if (path === STDERR) throw new InferError("usage", `${path} is for what infer says, not for files.`);
  if (await isSpecial(path)) return checkSpecial(path);
  const isTheFolder = output === undefined || isFolderName(output) || (await isFolder(path));
  let folder = isTheFolder ? path : dirname(path);
  for (;;) {
    try {
      const found = await stat(folder);
      if (!found.isDirectory()) throw new InferError("io", `${folder} is not a folder.`);
      await access(folder, constants.W_OK);
      // To root everything says that it can be written, /proc as well.
      await using _ = await PartFile.create(folder);
      return;
    } catch (thrown) {
      if (codeOf(thrown) !== "ENOENT" || dirname(folder) === folder) {
        if (thrown instanceof InferError) throw thrown;
        throw new InferError("io", `${folder} cannot be written.`, { cause: thrown });
      }
      folder = dirname(folder);
    }
  }
}

/** Refuses a destination that is the file to be read, under whatever name: the one would be gone for the other. */
export async function refuseOriginal(context: Context, output: string | undefined, file: string): Promise<void> {
  // `-` is no name there.
  if (output === undefined || output === "-" || file === "-") return;
  const [there, original] = await Promise.all([output, file].map((name) => fileAt(resolve(context.cwd, name))));
  if (!there || !original || there.dev !== original.dev || there.ino !== original.ino) return;
  throw new InferError("usage", `--output ${output} is the file that is read: it would be overwritten.`, {
    hint: "Give it another name.",
  });
}

/** By what the system knows it, with all the digits that Windows needs; nothing for what is not there, or no file. */
async function fileAt(path: string): Promise<{ dev: bigint; ino: bigint } | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() ? found : undefined;
}

const STDERR = "/dev/stderr";
const STDOUT = /^\/(?:dev\/stdout|dev\/fd\/1|proc\/self\/fd\/1)$/;

/** Its folder need not be writable: nobody may write into `/dev`. */
async function checkSpecial(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
  } catch (thrown) {
    throw new InferError("io", `${path} cannot be written.`, { cause: thrown });
  }
}

/** A rename where that is possible; across file systems the file is copied, and into a device its bytes are written. */
async function place(part: PartFile, path: string, special: boolean): Promise<void> {
  // A copy has the rights of the original: `/dev/null` would be nobody else's from then on.
  if (special) return writeFile(path, createReadStream(part.path));
  const target = await linkTarget(path);
  try {
    await part.moveTo(target);
  } catch (thrown) {
    if (codeOf(thrown) !== "EXDEV") throw thrown;
    const near = join(dirname(target), `.${Bun.randomUUIDv7().slice(-12)}.part`);
    try {
      await copyFile(part.path, near);
      await rename(near, target);
    } catch (failure) {
      await unlink(near).catch(() => undefined);
      throw failure;
    }
  }
}

function digest(bytes: Uint8Array): { size: number; sha256: string } {
  return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function choosePath(
  context: Context,
  { extension }: { extension: string },
  destination: Destination,
): Promise<string> {
  const { output, family, subject, number } = destination;
  const name = `${slug(subject)}-${Bun.randomUUIDv7().slice(-8)}.${extension}`;
  if (output === undefined) return join(mediaFolder(context, family), name);
  const path = resolve(context.cwd, output);
  if (isFolderName(output) || (await isFolder(path))) return join(path, name);
  return number === undefined || (await isSpecial(path)) ? path : numbered(path, number);
}

/** `x.png` → `x-2.png` */
function numbered(path: string, number: number): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`;
}

function mediaFolder(context: Context, family: string): string {
  const { INFER_MEDIA_DIR: chosen } = context.env;
  if (chosen) return resolve(context.cwd, chosen);
  const state = stateFolder(context.env);
  if (state) return resolve(context.cwd, state, "media", family);
  throw new InferError("usage", "There is no home folder to keep the file in.", { hint: "Name it with --output." });
}

async function truthfulName(
  context: Context,
  path: string,
  { mimeType, extension }: { mimeType: string; extension: string },
): Promise<string> {
  const asked = extname(path).slice(1).toLowerCase();
  if (asked === extension || (extensions[mimeType] ?? []).includes(asked)) return path;
  const stem = asked === "" ? path : path.slice(0, -extname(path).length);
  const wanted = `${stem}.${extension}`;
  const named = await freeName(wanted);
  const instead = named === wanted ? "" : `, as ${basename(wanted)} exists already`;
  if (asked !== "" || instead) {
    context.report.warnings.push(
      `The file is ${mimeType}: written as ${basename(named)}, not ${basename(path)}${instead}.`,
    );
  }
  return named;
}

/** `x.png`, or the first of `x-1.png`, `x-2.png` … that nothing has. */
async function freeName(path: string): Promise<string> {
  for (let number = 0; ; number++) {
    const name = number === 0 ? path : numbered(path, number);
    const isTaken = await lstat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return name;
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${Bun.randomUUIDv7().slice(-12)}.part`);
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw thrown;
  }
}

/** A few plain words of a text, for a file name. */
function slug(text: string): string {
  const words = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return words || "media";
}

function isFolderName(output: string): boolean {
  return /[/\\]$/.test(output);
}

async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && !found.isFile() && !found.isDirectory();
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
