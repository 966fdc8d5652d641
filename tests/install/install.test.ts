import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import packageJson from "../../package.json";

const INSTALLER = join(import.meta.dir, "../../install.sh");
const BUN_VERSION = packageJson.packageManager.replace("bun@", "");
const SPEC = `bun@${BUN_VERSION}`;
/** Everything that install.sh may call: a tool that is missing here is missing in some container. */
const TOOLS = "cat chmod cp grep ldd mkdir mktemp mv od rm rmdir sed tr uname".split(" ");
const SHELLS: Record<string, string[]> = {
  sh: ["sh"],
  dash: ["dash"],
  "busybox sh": ["busybox", "sh"],
  "bash --posix": ["bash", "--posix"],
};

/** A script in the place of a binary. Its answer to list --json is good, whatever its version is. */
function fakeInfer(version: string): string {
  return `#!/bin/sh\ncase $1 in --version) echo '${version}' ;; list) echo '[]' ;; esac\n`;
}

const INFER_1 = fakeInfer("infer 1.0.0 (abc, linux-x64)");
const INFER_2 = fakeInfer("infer 2.0.0 (def, linux-x64)");
const UNCHANGED = "Nothing was installed or replaced.\n";

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** A home, a PATH and a temporary folder of its own, all with a space in their names. */
class Room {
  readonly root: string;
  readonly bin: string;
  readonly home: string;
  readonly temporary: string;
  readonly calls: string;
  readonly file: string;
  readonly dir: string;
  readonly target: string;
  readonly #shell: string[];

  constructor(shell: string[] = ["sh"]) {
    this.root = mkdtempSync(join(tmpdir(), "infer install "));
    roots.push(this.root);
    this.bin = join(this.root, "path bin");
    this.home = join(this.root, "home");
    this.temporary = join(this.root, "tmp dir");
    for (const folder of [this.bin, this.home, this.temporary]) mkdirSync(folder);
    this.calls = join(this.root, "calls");
    this.file = this.write("given infer", INFER_2);
    this.dir = join(this.root, "target dir", "bin");
    this.target = join(this.dir, "infer");
    for (const tool of TOOLS) {
      const found = Bun.which(tool);
      if (found !== null) symlinkSync(found, join(this.bin, tool));
    }
    const [name = "", ...options] = shell;
    this.#shell = [Bun.which(name) ?? name, ...options];
  }

  write(name: string, content: string, mode = 0o644): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** Takes the place of a system tool, or adds one. */
  tool(name: string, script: string): void {
    rmSync(join(this.bin, name), { force: true });
    this.write(join("path bin", name), `#!/bin/sh\n${script}\n`, 0o755);
  }

  /** What is in the target already. */
  present(content: string): void {
    this.write("target dir/bin/infer", content, 0o755);
  }

  spawn(args: string[], options: { env?: Record<string, string>; cwd?: string; script?: string; as?: string[] } = {}) {
    const env = { PATH: this.bin, HOME: this.home, TMPDIR: this.temporary, ...options.env };
    return Bun.spawn([...(options.as ?? []), ...this.#shell, options.script ?? INSTALLER, ...args], {
      env,
      cwd: options.cwd ?? this.root,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  /** Runs install.sh to its end. Nothing may be left in the temporary folder, whatever happened. */
  async run(args: string[], options: Parameters<Room["spawn"]>[1] = {}): Promise<Run> {
    const run = await finish(this.spawn(args, options));
    expect(readdirSync(this.temporary)).toEqual([]);
    return run;
  }

  /** The target's content, or undefined; there may be nothing beside it. */
  installed(): Promise<string | undefined> {
    return contentOf(this.target, this.dir);
  }

  /** A clone with this install.sh, and with fakes that log their calls and build INFER_2. */
  clone(): { script: string; folder: string } {
    const folder = join(this.root, "the clone");
    mkdirSync(folder);
    copyFileSync(INSTALLER, join(folder, "install.sh"));
    for (const name of ["build.ts", "bun.lock"]) writeFileSync(join(folder, name), "");
    writeFileSync(join(folder, "package.json"), JSON.stringify(packageJson, null, 2));
    return { script: join(folder, "install.sh"), folder };
  }

  /** What npx would run, by its absolute path. */
  fakeBun(version: string, build = `cp '${this.file}' "$3"`): string {
    const script = `echo "bun $* [\${PWD##*/}]" >>'${this.calls}'
case $1 in
  --version) echo ${version} ;;
  --print) echo "$0" ;;
  ci) echo packages ;;
  build.ts) ${build} ;;
esac`;
    return this.write("real bun/bun", `#!/bin/sh\n${script}\n`, 0o755);
  }

  fakeNpx(bun: string): void {
    this.tool("npx", `echo "npx $* [\${PWD##*/}]" >>'${this.calls}'\nshift 2\nexec '${bun}' "$@"`);
  }

  async called(): Promise<string[]> {
    const file = Bun.file(this.calls);
    return (await file.exists()) ? (await file.text()).trimEnd().split("\n") : [];
  }
}

async function finish(child: ReturnType<Room["spawn"]>): Promise<Run> {
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

async function contentOf(path: string, dir: string): Promise<string | undefined> {
  let names: string[] = [];
  try {
    names = readdirSync(dir);
  } catch {
    return undefined;
  }
  expect(names.filter((name) => name !== "infer")).toEqual([]);
  return names.length === 0 ? undefined : Bun.file(path).text();
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await condition()) return;
    await Bun.sleep(10);
  }
  throw new Error("waited in vain");
}

for (const [name, shell] of Object.entries(SHELLS)) {
  const isMissing = Bun.which(shell[0] ?? "") === null;
  const title = isMissing ? `install.sh in ${name} (skipped: not on this machine)` : `install.sh in ${name}`;
  describe.skipIf(isMissing)(title, () => cases(shell));
}

function cases(shell: string[]): void {
  describe("--from FILE", () => {
    test.concurrent("installs the file, executable whatever the umask is, and prints its path", async () => {
      const room = new Room(shell);
      const wide = ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh"];
      const { code, stdout, stderr } = await room.run(["--from", room.file, "--dir", room.dir], { as: wide });
      expect(stderr).toContain(`Installed infer 2.0.0 (def, linux-x64) as ${room.target}.\n`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${room.target}\n` });
      expect(await room.installed()).toBe(INFER_2);
      expect((await stat(room.target)).mode & 0o777).toBe(0o755);
      expect((await stat(room.dir)).mode & 0o777).toBe(0o755);
      const narrow = ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh"];
      expect((await room.run([`--from=${room.file}`, `--dir=${room.dir}`], { as: narrow })).code).toBe(0);
      expect((await stat(room.target)).mode & 0o777).toBe(0o755);
    });

    test.concurrent("replaces an older, a same and a broken one, and says what was there", async () => {
      const room = new Room(shell);
      const old = { "infer 1.0.0 (abc, linux-x64)": INFER_1, "infer 2.0.0 (def, linux-x64)": INFER_2 };
      const broken = { "a copy that does not work": `echo >'${join(room.root, "hurt")}'\n` };
      for (const [was, content] of Object.entries({ ...old, ...broken })) {
        room.present(content);
        const { code, stdout, stderr } = await room.run(["--from", room.file, "--dir", room.dir]);
        expect(stderr).toContain(`as ${room.target} (was: ${was}).\n`);
        expect({ code, stdout }).toEqual({ code: 0, stdout: `${room.target}\n` });
        expect(await room.installed()).toBe(INFER_2);
      }
      expect(readdirSync(room.root)).not.toContain("hurt");
    });

    test.concurrent("takes paths relative to the current folder", async () => {
      const room = new Room(shell);
      const { code, stdout } = await room.run(["--from", "given infer", "--dir", "./target dir/bin//"]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${room.target}\n` });
    });

    const refused = {
      "plain Bun, which a stripped infer is": [fakeInfer("1.4.5"), "is not infer but plain Bun"],
      "another program": [fakeInfer("Infer version v1.2.0"), "its --version says 'Infer version v1.2.0'"],
      "one that says nothing": ["#!/bin/sh\n", "its --version says ''"],
      "one that fails": ["#!/bin/sh\necho infer 2.0.0\nexit 3\n", "does not run on this machine"],
      "one whose list fails": ["#!/bin/sh\n[ $1 = --version ] && echo infer 2.0.0\n", "'infer list --json' failed"],
      "one whose list is none": ["#!/bin/sh\necho infer 2.0.0\n", "'infer list --json' printed no list"],
      "what a shell would run line by line": ["touch ../../hurt hurt\n", "is not an executable for Linux or macOS"],
      "an empty file": ["", "is not an executable for Linux or macOS"],
    };
    for (const [what, [content = "", message = ""]] of Object.entries(refused)) {
      test.concurrent(`refuses ${what} and keeps the old one`, async () => {
        const room = new Room(shell);
        room.write("given infer", content, 0o755);
        const none = await room.run(["--from", room.file, "--dir", room.dir]);
        expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 1, stdout: "" });
        expect(readdirSync(room.root)).not.toContain("target dir");
        room.present(INFER_1);
        const { code, stdout, stderr } = await room.run(["--from", room.file, "--dir", room.dir]);
        expect(stderr).toContain(message);
        expect(stderr).toEndWith(UNCHANGED);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(await room.installed()).toBe(INFER_1);
        expect(readdirSync(room.root)).not.toContain("hurt");
      });
    }

    test.concurrent("refuses a binary for another machine by name, and a file that is not there", async () => {
      const room = new Room(shell);
      room.tool("uname", "case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac");
      const header = Buffer.alloc(64);
      header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
      header.set([2, 0, 0xb7, 0], 16);
      writeFileSync(room.file, header);
      const foreign = await room.run(["--from", room.file, "--dir", room.dir]);
      expect(foreign.stderr).toContain("is for linux-arm64, and this machine is linux-x64");
      const missing = await room.run(["--from", "no such file", "--dir", room.dir]);
      expect(missing.stderr).toBe("install.sh: there is no file no such file\n");
      for (const { code, stdout } of [foreign, missing]) expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(await room.installed()).toBeUndefined();
    });

    test.concurrent("runs the file far from the caller's settings", async () => {
      const room = new Room(shell);
      const spy = `#!/bin/sh
[ -z "\${BUN_OPTIONS-}\${BUN_BE_BUN-}\${INFER_CONFIG-}\${OPENCLAW_STATE_DIR-}" ] || exit 9
[ "$HOME" != '${room.home}' ] || exit 8
${INFER_2}`;
      room.write("given infer", spy);
      const env = { BUN_OPTIONS: "--help", BUN_BE_BUN: "1", INFER_CONFIG: "/broken", OPENCLAW_STATE_DIR: "/broken" };
      expect((await room.run(["--from", room.file, "--dir", room.dir], { env })).code).toBe(0);
    });
  });

  describe("the target", () => {
    const places = {
      "--dir": { args: ["--dir", "given dir"], home: true, where: "given dir/infer" },
      "--dir=~/…": { args: ["--dir=~/my bin"], home: true, where: "home/my bin/infer" },
      INFER_INSTALL_DIR: { args: [], install: true, xdg: true, home: true, where: "install dir/infer" },
      XDG_BIN_HOME: { args: [], xdg: true, home: true, where: "xdg dir/infer" },
      "~/.local/bin": { args: [], home: true, where: "home/.local/bin/infer" },
    };
    for (const [what, place] of Object.entries(places)) {
      test.concurrent(`is in ${what}`, async () => {
        const room = new Room(shell);
        const env = {
          ...("install" in place && { INFER_INSTALL_DIR: join(room.root, "install dir") }),
          ...("xdg" in place && { XDG_BIN_HOME: join(room.root, "xdg dir") }),
        };
        const { code, stdout } = await room.run(["--from", room.file, ...place.args], { env });
        expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(room.root, place.where)}\n` });
        expect(await Bun.file(join(room.root, place.where)).text()).toBe(INFER_2);
      });
    }

    test.concurrent("has to be named where HOME is empty", async () => {
      const room = new Room(shell);
      const { code, stdout, stderr } = await room.run(["--from", room.file], { env: { HOME: "" } });
      expect(stderr).toContain("HOME is not set. Name one with --dir DIR.");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    });

    test.concurrent("is never a folder or another program of that name", async () => {
      const room = new Room(shell);
      mkdirSync(room.target, { recursive: true });
      const folder = await room.run(["--from", room.file, "--dir", room.dir]);
      const kept = await room.run(["--uninstall", "--dir", room.dir]);
      for (const { code, stdout, stderr } of [folder, kept]) {
        expect(stderr).toContain(`${room.target} is a folder`);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      }
      expect(readdirSync(room.target)).toEqual([]);
      rmSync(room.target, { recursive: true });

      const facebook = fakeInfer("Infer version v1.2.0");
      room.present(facebook);
      for (const mode of [["--from", room.file], ["--uninstall"]]) {
        const { code, stdout, stderr } = await room.run([...mode, "--dir", room.dir]);
        expect(stderr).toContain("is another program (its --version says: Infer version v1.2.0)");
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(await room.installed()).toBe(facebook);
      }
    });

    const isRoot = process.getuid?.() === 0;
    const cannotDrop = isRoot && Bun.which("setpriv") === null;
    test.skipIf(cannotDrop).concurrent("keeps the old one in a folder that cannot be written", async () => {
      const room = new Room(shell);
      room.present(INFER_1);
      const script = room.write("install.sh", await Bun.file(INSTALLER).text());
      chmodSync(room.root, 0o755);
      chmodSync(room.temporary, 0o777);
      chmodSync(room.dir, 0o555);
      const as = isRoot ? [Bun.which("setpriv") ?? "", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
      for (const dry of [[], ["--dry-run"]]) {
        const args = ["--from", room.file, "--dir", room.dir, ...dry];
        const { code, stdout, stderr } = await room.run(args, { as, script });
        expect(stderr).toContain(`cannot write to ${room.dir}. Choose a folder that can be written with --dir.`);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      }
      const removal = await room.run(["--uninstall", "--dir", room.dir], { as, script });
      expect(removal.stderr).toContain(`cannot remove ${room.target}`);
      expect({ code: removal.code, stdout: removal.stdout }).toEqual({ code: 1, stdout: "" });
      chmodSync(room.dir, 0o755);
      expect(await room.installed()).toBe(INFER_1);
    });

    test.concurrent("cannot be under a file", async () => {
      const room = new Room(shell);
      const { code, stdout, stderr } = await room.run(["--from", room.file, "--dir", `${room.file}/bin`]);
      expect(stderr).toContain("cannot make the folder");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    });

    for (const tool of ["cp", "mv"]) {
      test.concurrent(`keeps the old one when ${tool} fails, as on a full disk`, async () => {
        const room = new Room(shell);
        room.tool(tool, "echo 'No space left on device' >&2\nexit 1");
        const empty = await room.run(["--from", room.file, "--dir", room.dir]);
        expect(empty.code).toBe(1);
        expect(readdirSync(room.root)).not.toContain("target dir");
        room.present(INFER_1);
        const { code, stdout, stderr } = await room.run(["--from", room.file, "--dir", room.dir]);
        expect(stderr).toContain("No space left on device");
        expect(stderr).toEndWith(UNCHANGED);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(await room.installed()).toBe(INFER_1);
      });
    }
  });

  describe("--from-source", () => {
    test.concurrent("gets the Bun of package.json through npx, in the clone", async () => {
      const room = new Room(shell);
      room.fakeNpx(room.fakeBun(BUN_VERSION));
      room.tool("bun", "echo 1.0.0");
      const { script } = room.clone();
      const { code, stdout, stderr } = await room.run(["--from-source", "--dir", "target dir/bin"], { script });
      expect(stderr).toContain("packages\n");
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${room.target}\n` });
      expect(await room.installed()).toBe(INFER_2);
      const [npx, print, ci, build, ...more] = await room.called();
      expect([npx, print, ci, ...more]).toEqual([
        `npx --yes ${SPEC} --print process.execPath [the clone]`,
        "bun --print process.execPath [the clone]",
        "bun ci [the clone]",
      ]);
      expect(build).toMatch(/^bun build\.ts --outfile .*\/tmp dir\/infer\.\w+\/infer \[the clone\]$/);
    });

    test.concurrent("takes the Bun on PATH when it is that very version, from the current folder too", async () => {
      const room = new Room(shell);
      symlinkSync(room.fakeBun(BUN_VERSION), join(room.bin, "bun"));
      room.tool("npx", `echo npx >>'${room.calls}'`);
      const { folder } = room.clone();
      const { code, stdout } = await room.run(["--from-source", "--dir", room.dir], { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${room.target}\n` });
      expect((await room.called()).map((call) => call.split(" ")[1])).toEqual(["--version", "ci", "build.ts"]);
    });

    test.concurrent("names both ways out where there is neither Bun nor npm", async () => {
      const room = new Room(shell);
      const { script } = room.clone();
      const { code, stdout, stderr } = await room.run(["--from-source", "--dir", room.dir], { script });
      expect(stderr).toContain("install Node.js, which brings npm");
      expect(stderr).toContain(`install Bun ${BUN_VERSION}: curl`);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(readdirSync(room.root)).not.toContain("target dir");
    });

    test.concurrent("refuses outside a clone", async () => {
      const room = new Room(shell);
      const script = room.write("elsewhere/install.sh", await Bun.file(INSTALLER).text());
      room.write("package.json", '{\n  "name": "other"\n}');
      const { code, stdout, stderr } = await room.run(["--from-source", "--dir", room.dir], { script });
      expect(stderr).toContain("neither this script nor the current folder is in one");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    });

    const failures = {
      "npm gives a Bun that does not work": { npx: "exit 1", build: ":", message: "npm gave no Bun that works" },
      "the build fails": { build: "echo broken; exit 1", message: "the build failed" },
      "the build makes something else": { build: 'echo "#!/bin/sh" >"$3"', message: "is not infer" },
    };
    for (const [what, failure] of Object.entries(failures)) {
      test.concurrent(`keeps the old one when ${what}`, async () => {
        const room = new Room(shell);
        room.fakeNpx(room.fakeBun(BUN_VERSION, failure.build));
        if ("npx" in failure) room.tool("npx", failure.npx);
        room.present(INFER_1);
        const { script } = room.clone();
        const { code, stdout, stderr } = await room.run(["--from-source", "--dir", room.dir], { script });
        expect(stderr).toContain(failure.message);
        expect(stderr).toEndWith(UNCHANGED);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(await room.installed()).toBe(INFER_1);
      });
    }

    test.concurrent("looks at the target before it builds", async () => {
      const room = new Room(shell);
      room.fakeNpx(room.fakeBun(BUN_VERSION));
      mkdirSync(room.target, { recursive: true });
      const { script } = room.clone();
      expect((await room.run(["--from-source", "--dir", room.dir], { script })).code).toBe(1);
      expect(await room.called()).toEqual([]);
    });
  });

  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const, ["SIGHUP", 129] as const]) {
    test.concurrent(`${signal} ends a build at once, leaving the old one and no litter`, async () => {
      const room = new Room(shell);
      const started = join(room.root, "started");
      const sleep = Bun.which("sleep") ?? "sleep";
      room.fakeNpx(room.fakeBun(BUN_VERSION, `echo half >"$3"; echo >'${started}'; exec ${sleep} 20`));
      room.present(INFER_1);
      const { script } = room.clone();
      const child = room.spawn(["--from-source", "--dir", room.dir], { script });
      await until(() => Bun.file(started).exists());
      expect(readdirSync(room.temporary)).toHaveLength(1);
      child.kill(signal);
      const run = await finish(child);
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code, stdout: "" });
      expect(readdirSync(room.temporary)).toEqual([]);
      expect(await room.installed()).toBe(INFER_1);
    });
  }

  describe("--dry-run", () => {
    test.concurrent("says what --from-source would do and does none of it", async () => {
      const room = new Room(shell);
      room.fakeNpx(room.fakeBun(BUN_VERSION));
      const { script } = room.clone();
      const before = readdirSync(room.root, { recursive: true });
      const { code, stdout, stderr } = await room.run(["--from-source", "--dry-run", "--dir", room.dir], { script });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(readdirSync(room.root, { recursive: true })).toEqual(before);
      const staged = `'${room.dir}/.infer.XXXXXX'`;
      const built = `'${room.temporary}/infer.XXXXXX/infer'`;
      const [headline, ...commands] = stderr.trimEnd().split("\n");
      expect(headline).toMatch(/^Dry run, nothing is written or downloaded\. This would build .* for \S+-\S+ as /);
      expect(headline).toEndWith(`as ${room.target}:`);
      expect(commands).toEqual([
        `  mkdir -p '${room.dir}'`,
        `  cd '${dirname(script)}'`,
        `  npx --yes ${SPEC} --print process.execPath`,
        "  bun ci",
        `  bun build.ts --outfile ${built}`,
        `  cp ${built} ${staged}`,
        `  chmod 755 ${staged}`,
        `  ${staged} --version`,
        `  ${staged} list --json`,
        `  mv -f ${staged} '${room.target}'`,
      ]);
    });

    test.concurrent("leaves a target as it is, and refuses what the run would refuse", async () => {
      const room = new Room(shell);
      room.present(INFER_1);
      for (const mode of [["--from", room.file], ["--uninstall"]]) {
        const { code, stdout, stderr } = await room.run([...mode, "--dry-run", "--dir", room.dir]);
        expect(stderr).toStartWith("Dry run, nothing is");
        expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
        expect(await room.installed()).toBe(INFER_1);
      }
      expect((await room.run(["--from", "missing", "--dry-run", "--dir", room.dir])).code).toBe(1);
    });
  });

  describe("--uninstall", () => {
    test.concurrent("removes the installed file, says so, and touches nothing else", async () => {
      const room = new Room(shell);
      room.present(INFER_1);
      room.write("target dir/bin/other", "other");
      room.write("home/.openclaw/openclaw.json", "{}");
      const { code, stdout, stderr } = await room.run(["--uninstall", "--dir", room.dir]);
      expect(stderr).toBe(
        `Removed ${room.target} (infer 1.0.0 (abc, linux-x64)). Configuration and saved keys are untouched.\n`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(readdirSync(room.dir)).toEqual(["other"]);
      expect(readdirSync(join(room.home, ".openclaw"))).toEqual(["openclaw.json"]);
    });

    test.concurrent("succeeds where nothing is installed, and names a copy elsewhere", async () => {
      const room = new Room(shell);
      const nothing = `Nothing to remove: there is no ${room.target}.\n`;
      const first = await room.run(["--uninstall", "--dir", room.dir]);
      expect(first).toEqual({ code: 0, stdout: "", stderr: nothing });
      room.write("path bin/infer", INFER_1, 0o755);
      const second = await room.run(["--uninstall", "--dir", room.dir]);
      expect(second.stderr).toBe(`${nothing}There is another infer: ${join(room.bin, "infer")}\n`);
      expect(second.code).toBe(0);
    });
  });

  describe("the command line", () => {
    test.concurrent("--help goes to stdout", async () => {
      const { code, stdout, stderr } = await new Room(shell).run(["--help"]);
      expect(stdout).toStartWith("usage: sh install.sh MODE");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });

    const wrong: Record<string, string[]> = {
      "there are no releases to download yet": [],
      "sh install.sh --from-source\n": ["--dry-run"],
      "unknown option: --form": ["--form", "x"],
      "unknown option: x": ["--from-source", "x"],
      "--from-source and --uninstall exclude each other": ["--from-source", "--uninstall"],
      "--uninstall and --from exclude each other": ["--uninstall", "--from=x"],
      "--from takes one file": ["--from", "a", "--from", "b"],
      "--from needs a value\n": ["--from"],
      "--dir needs a value\n": ["--uninstall", "--dir="],
      "--from needs a value, not the option --dry-run": ["--from", "--dry-run"],
      "the folder's name has a line break in it": ["--uninstall", "--dir", "a\nb"],
    };
    for (const [message, args] of Object.entries(wrong)) {
      test.concurrent(`refuses ${JSON.stringify(args)} with the usage`, async () => {
        const { code, stdout, stderr } = await new Room(shell).run(args);
        expect(stderr).toStartWith("install.sh: ");
        expect(stderr).toContain(message);
        expect(stderr).toContain("usage: sh install.sh MODE");
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      });
    }
  });

  describe("PATH", () => {
    test.concurrent("advice comes only where the folder is not on it", async () => {
      const room = new Room(shell);
      const args = ["--from", room.file, "--dir", room.dir];
      const off = await room.run(args);
      expect(off.stderr).toContain(`${room.dir} is not on PATH. To put it there:\n`);
      expect(off.stderr).toEndWith(`  export PATH='${room.dir}':"$PATH"\n`);
      const fish = await room.run(args, { env: { SHELL: "/usr/bin/fish" } });
      expect(fish.stderr).toEndWith(`  fish_add_path '${room.dir}'\n`);
      const on = await room.run(args, { env: { PATH: `${room.bin}:${room.dir}` } });
      expect(on.stderr).toEndWith(
        `Installed infer 2.0.0 (def, linux-x64) as ${room.target} (was: infer 2.0.0 (def, linux-x64)).\n`,
      );
      expect(`${off.stderr}${fish.stderr}${on.stderr}`).not.toContain("\u001b");
    });

    test.concurrent("another infer on it is named", async () => {
      const room = new Room(shell);
      const other = room.write("path bin/infer", INFER_1, 0o755);
      const args = ["--from", room.file, "--dir", room.dir];
      const off = await room.run(args);
      expect(off.stderr).toContain(
        `${room.dir} is not on PATH, and the command infer runs ${other}. To put it there:\n`,
      );
      const behind = await room.run(args, { env: { PATH: `${room.bin}:${room.dir}` } });
      expect(behind.stderr).toEndWith(`But the command infer runs ${other}, which comes before ${room.dir} on PATH.\n`);
      const before = await room.run(args, { env: { PATH: `${room.dir}:${room.bin}` } });
      expect(before.stderr).not.toContain(other);
    });

    test.concurrent("in CI, GITHUB_PATH gets the folder once", async () => {
      const room = new Room(shell);
      const github = room.write("github path", "/some/folder\n");
      const env = { CI: "true", GITHUB_PATH: github };
      for (let round = 0; round < 2; round += 1) {
        const { stdout, stderr } = await room.run(["--from", room.file, "--dir", room.dir], { env });
        expect(stderr).toEndWith(`${room.dir} is on PATH in the steps that follow (GITHUB_PATH).\n`);
        expect(stdout).toBe(`${room.target}\n`);
      }
      expect(await Bun.file(github).text()).toBe(`/some/folder\n${room.dir}\n`);
    });
  });
}

test("a download that is cut short installs nothing", async () => {
  const whole = await Bun.file(INSTALLER).text();
  const end = whole.lastIndexOf('main "$@"');
  const room = new Room();
  const lengths = [0.1, 0.3, 0.5, 0.7, 0.9].map((part) => Math.round(end * part));
  for (const length of [...lengths, end, end + 2, end + 4, end + 5, end + 7, end + 8]) {
    const script = room.write("cut.sh", whole.slice(0, length));
    const { stdout } = await room.run(["--from", room.file, "--dir", room.dir], { script });
    expect(stdout).toBe("");
    expect(readdirSync(room.root)).not.toContain("target dir");
  }
  expect((await room.run(["--from", room.file, "--dir", room.dir], { script: INSTALLER })).code).toBe(0);
});

test("on macOS a signature that fits is kept, and one that does not is made anew", async () => {
  for (const [verdict, expected] of [["0", ["--verify"]] as const, ["1", ["--verify", "--force"]] as const]) {
    const room = new Room();
    room.tool("uname", "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac");
    room.tool("codesign", `echo "codesign $*" >>'${room.calls}'\n[ $1 != --verify ] || exit ${verdict}`);
    expect((await room.run(["--from", room.file, "--dir", room.dir])).code).toBe(0);
    expect((await room.called()).map((call) => call.split(" ")[1] ?? "")).toEqual([...expected]);
  }
});

const shellcheck = Bun.which("shellcheck");
const lintTitle = shellcheck === null ? "shellcheck (skipped: not on this machine)" : "shellcheck finds nothing";
test.skipIf(shellcheck === null)(lintTitle, async () => {
  const child = Bun.spawn([shellcheck ?? "", INSTALLER], { stdout: "pipe", stderr: "pipe" });
  expect(await child.stdout.text()).toBe("");
  expect(await child.exited).toBe(0);
});
