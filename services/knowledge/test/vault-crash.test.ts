import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { FolderVault } from "../src/edge/vault/folder-vault.ts";
import { temporaryFolder } from "./folder.ts";
import { filesBelow } from "./support/vault-folder.ts";

/** `BENCHAI_FULL=1` kills three times as often. */
const kills = process.env["BENCHAI_FULL"] === "1" ? 100 : 34;
const child = fileURLToPath(new URL("vault-child.ts", import.meta.url));
const journal = "vault-rename.json";

type Folders = { readonly root: string; readonly stateDir: string };

function folders(): Folders {
  return { root: temporaryFolder(), stateDir: temporaryFolder() };
}

/** A child that has loaded its modules, or is about to, and waits to be told what to write. */
function spawnChild({ root, stateDir }: Folders, mode: "writes" | "renames"): ChildProcess {
  return spawn(process.execPath, [child, mode, root, stateDir], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Lets the child write, and kills it when `until` says so; answers with what it acknowledged. */
async function runAndKill(
  writer: ChildProcess,
  paths: readonly string[],
  until: () => Promise<void>,
): Promise<string[][]> {
  const begun = Promise.withResolvers<void>();
  const closed = once(writer, "close");
  let output = "";
  writer.stdout?.on("data", (bytes: Buffer) => {
    output += bytes.toString();
    if (output.includes("begin\n")) begun.resolve();
  });
  writer.stdin?.write(`${paths.join("\n")}\n`);
  await Promise.race([begun.promise, closed]);
  await Promise.race([until(), closed]);
  writer.kill("SIGKILL");
  await closed;
  expect(writer.signalCode).toBe("SIGKILL");
  const lines = output.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("ack ")).map((line) => line.slice(4).split(" "));
}

async function recover({ root, stateDir }: Folders): Promise<void> {
  const vault = new FolderVault({ root, stateDir, isWritable: true, maxNoteBytes: 16_777_216 });
  await vault.recover();
  await vault.close();
}

function stagedIn(root: string): string[] {
  return filesBelow(root).filter((file) => file.includes(".~benchai-"));
}

test(
  "SIGKILL among 200 notes that are written leaves each whole, and what was acknowledged",
  { timeout: 300_000 },
  async () => {
    const vault = folders();
    const paths = Array.from({ length: 200 }, (_, i) => `n${String(i).padStart(3, "0")}.md`);
    for (const path of paths) writeFileSync(join(vault.root, path), "seed\n");
    let [staged, acknowledgedInAll] = [0, 0];
    let windowMs = 1_000;
    // Were none cut in the middle of a write, this would prove nothing: a slow machine needs more of them.
    const isEnough = () => acknowledgedInAll > 200 && staged > 0;
    for (let kill = 0; kill < 8 || (kill < 80 && !isEnough()); kill += 1) {
      const delayMs = 50 + Math.random() * windowMs;
      const acknowledged = await runAndKill(spawnChild(vault, "writes"), paths, () => sleep(delayMs));
      if (acknowledged.length === 0) windowMs *= 1.3;
      acknowledgedInAll += acknowledged.length;
      staged += stagedIn(vault.root).length;
      await recover(vault);
      expect(filesBelow(vault.root)).toEqual(paths);
      const last = new Map(acknowledged.map(([path, version]) => [path, Number(version)]));
      for (const [i, path] of paths.entries()) {
        const text = readFileSync(join(vault.root, path), "utf8");
        const version = Number(/^note \d+ version (\d+)\n/u.exec(text)?.[1] ?? -1);
        expect(text).toBe(
          version === -1
            ? "seed\n"
            : `note ${i} version ${version}\n`.repeat(200 + ((i * 7 + version) % 400)),
        );
        // Of what this child wrote, only that which was on its way can be newer than what it said.
        const known = last.get(path);
        if (known !== undefined) expect([known, known + 1]).toContain(version);
      }
    }
    expect(isEnough()).toBe(true);
  },
);

test(
  `${kills} SIGKILLs in renames of a note with 500 backlinks: all links follow, or none`,
  { timeout: 600_000 },
  async () => {
    const vault = folders();
    mkdirSync(join(vault.root, "sub"));
    const referrers = Array.from({ length: 500 }, (_, i) => (i % 2 ? `sub/r${i}.md` : `r${i}.md`));
    for (const path of referrers)
      writeFileSync(join(vault.root, path), "see [[name 0]] and ![[name 0#H|x]]\r\n");
    writeFileSync(join(vault.root, "name 0.md"), "# H\n[self](./name%200.md)\n");
    let [current, number] = ["name 0.md", 0];
    const seen = { decided: 0, staged: 0, neither: 0 };
    // Follow the machine's speed: most kills shall be within a first or second rename.
    let [windowMs, rollMs] = [1_500, 100];
    let next = spawnChild(vault, "renames");
    for (let kill = 0; kill < kills; kill += 1) {
      const renamer = next;
      const until =
        kill % 2 ? () => sleep(Math.random() * windowMs) : () => decided(vault, Math.random() * rollMs);
      const killed = runAndKill(renamer, [current, ...referrers], until);
      // The next one starts up meanwhile.
      next = spawnChild(vault, "renames");
      const acknowledged = await killed;
      const isDecided = readdirSync(vault.stateDir).includes(journal);
      seen[isDecided ? "decided" : stagedIn(vault.root).length > 0 ? "staged" : "neither"] += 1;
      if (kill % 2) windowMs *= acknowledged.length > 1 ? 0.7 : acknowledged.length === 0 ? 1.2 : 1;
      else rollMs *= isDecided ? 1.2 : 0.7;
      await recover(vault);
      const least = Number(acknowledged.at(-1)?.[0] ?? number);
      const names = filesBelow(vault.root).filter((file) => !referrers.includes(file));
      expect(names).toHaveLength(1);
      current = names[0] ?? "";
      number = Number(/name (\d+)\.md$/u.exec(current)?.[1]);
      // What was acknowledged is done; what was begun after that is done or not.
      expect([least, least + 1]).toContain(number);
      for (const path of referrers)
        expect(readFileSync(join(vault.root, path), "utf8")).toBe(
          `see [[name ${number}]] and ![[name ${number}#H|x]]\r\n`,
        );
      expect(readFileSync(join(vault.root, current), "utf8")).toBe(`# H\n[self](./name%20${number}.md)\n`);
      expect(readdirSync(vault.stateDir)).toEqual([]);
    }
    next.kill("SIGKILL");
    console.info(`killed when decided: ${seen.decided}, when staged: ${seen.staged}, else: ${seen.neither}`);
    expect(seen.decided).toBeGreaterThan(kills / 6);
    expect(seen.staged).toBeGreaterThan(kills / 6);
  },
);

/** So long after a rename was decided. */
async function decided({ stateDir }: Folders, delayMs: number): Promise<void> {
  const written = Promise.withResolvers<void>();
  const watcher = watch(stateDir, (_, name) => name === journal && written.resolve());
  await written.promise;
  watcher.close();
  await sleep(delayMs);
}
