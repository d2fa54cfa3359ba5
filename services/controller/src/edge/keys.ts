import { createHmac, randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { keyPath } from "../backends/worker-container.ts";

/** The workers' keys: derived, so that a controller that was killed still knows them. */
export type WorkerKeys = {
  keyOf(slot: string, generation: string): string;
  /** Puts the key where the worker's mount will show it; safe to repeat. */
  write(slot: string, generation: string): Promise<void>;
  forget(slot: string, generation: string): Promise<void>;
};

/** Opens the key store in `folder`, a mounted volume; makes the stack's 256-bit secret on first use. */
export async function openWorkerKeys(folder: string): Promise<WorkerKeys> {
  const secret = await readOrCreateSecret(join(folder, "secret"));
  const keyOf = (slot: string, generation: string) =>
    createHmac("sha256", secret).update(`worker\0${slot}\0${generation}`).digest("base64url");
  return {
    keyOf,
    async write(slot, generation) {
      const at = join(folder, keyPath(slot, generation));
      await mkdir(at, { recursive: true, mode: 0o755 });
      await writeFile(join(at, "key"), `${keyOf(slot, generation)}\n`, {
        mode: 0o400,
        flag: "wx",
      }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    },
    async forget(slot, generation) {
      await rm(join(folder, keyPath(slot, generation)), { recursive: true, force: true });
    },
  };
}

/** Two controllers may start at once: `link` lets exactly one secret win, and never shows half of it. */
async function readOrCreateSecret(file: string): Promise<Buffer> {
  const mine = `${file}.${randomBytes(8).toString("hex")}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(mine, randomBytes(32), { mode: 0o600 });
  await link(mine, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await unlink(mine);
  return readFile(file);
}
