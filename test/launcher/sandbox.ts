import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

const repository = join(import.meta.dirname, "../..");

/** All that the launcher may find in PATH, so that the machine's own docker, npm and systemctl cannot take part. */
const tools = [
  ..."awk cat chmod cksum cmp cp curl cut date dd df dirname env find flock grep head id kill ln ls mkdir mktemp mv".split(
    " ",
  ),
  ..."printf ps readlink rm sed setsid sh sha256sum sleep sort ss stat tail timeout touch tr uname wc xargs".split(
    " ",
  ),
];

export type Run = { readonly code: number | null; readonly out: string; readonly err: string };

export type Sandbox = {
  /** The copy of the project: its path has a space. */
  readonly home: string;
  readonly bin: string;
  readonly env: Record<string, string>;
  run(args: readonly string[], env?: Record<string, string>): Promise<Run>;
  /** Puts a sh script into PATH, before everything else. */
  stub(name: string, script: string): void;
  /** Where a tool of the sandbox really is, for stubs that pass calls on. */
  real(name: string): string;
  /** Takes a tool out of PATH. */
  without(name: string): void;
  write(path: string, text: string): void;
  read(path: string): string;
  has(path: string): boolean;
};

/** A copy of the launcher in a folder of its own, with a PATH of its own. */
export function sandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "benchai launcher "));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, "my stack");
  const bin = join(root, "bin");
  for (const dir of [home, bin]) mkdirSync(dir);
  for (const name of ["benchai", "launcher", "package.json"])
    cpSync(join(repository, name), join(home, name), { recursive: true });
  for (const name of tools) linkTool(name, bin);
  symlinkSync(process.execPath, join(bin, "node"));
  const env = {
    PATH: bin,
    HOME: root,
    TMPDIR: root,
    ENGINE_HOME: join(root, "engine"),
    XDG_RUNTIME_DIR: root,
    LC_ALL: "C",
  };
  return {
    home,
    bin,
    env,
    run: (args, extra = {}) => run(join(home, "benchai"), args, { ...env, ...extra }),
    stub(name, script) {
      rmSync(join(bin, name), { force: true });
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    },
    real: (name) => realpathSync(join(bin, name)),
    without: (name) => rmSync(join(bin, name), { force: true }),
    write(path, text) {
      mkdirSync(join(home, path, ".."), { recursive: true });
      writeFileSync(join(home, path), text);
    },
    read: (path) => readFileSync(join(home, path), "utf8"),
    has: (path) => existsSync(join(home, path)),
  };
}

function linkTool(name: string, bin: string): void {
  const found = (process.env["PATH"] ?? "")
    .split(":")
    .concat("/usr/sbin", "/sbin")
    .map((dir) => join(dir, name))
    .find((path) => existsSync(path));
  if (found !== undefined) symlinkSync(found, join(bin, name));
}

/** Runs a program without a terminal and without input, to its end. */
export function run(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd = "/",
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (part: Buffer) => (out += part.toString()));
    child.stderr.on("data", (part: Buffer) => (err += part.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
