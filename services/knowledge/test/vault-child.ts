import { once } from "node:events";

import { FolderVault } from "../src/edge/vault/folder-vault.ts";

/**
 * Told what to write, one path a line on stdin, writes to a vault until it is killed, and says on stdout what was
 * acknowledged. `writes` puts its notes, again and again; `renames` gives its first note name after name, and the others
 * link to it.
 */
const [mode = "", root = "", stateDir = ""] = process.argv.slice(2);
const vault = new FolderVault({ root, stateDir, isWritable: true, maxNoteBytes: 16_777_216 });
const say = (...words: readonly unknown[]) => process.stdout.write(`${words.join(" ")}\n`);

const told: unknown[] = await once(process.stdin, "data");
const [first = "", ...others] = String(told[0]).trim().split("\n");
say("begin");
if (mode === "writes") await Promise.all([first, ...others].map(write));
else await rename(first, others);

/** One version after the other, each a text of one kind of line, so that a mixture would show. */
async function write(path: string, index: number): Promise<void> {
  for (let version = 0; ; version += 1) {
    const { etag } = await vault.read(path);
    const text = `note ${index} version ${version}\n`.repeat(200 + ((index * 7 + version) % 400));
    await vault.put(path, text, { kind: "match", etag });
    say("ack", path, version);
  }
}

async function rename(name: string, referrers: readonly string[]): Promise<void> {
  let from = name;
  for (let n = Number(/\d+/u.exec(name)?.[0]) + 1; ; n += 1) {
    const to = `moved/name ${n}.md`;
    await vault.rename(from, to, referrers, { kind: "any" });
    say("ack", n);
    from = to;
  }
}
