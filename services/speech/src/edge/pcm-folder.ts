import { mkdir, open, readdir, rename, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file of the cache as it lies on the disk. */
export type StoredFile = { readonly key: string; readonly bytes: number; readonly usedMs: number };

const keyPattern = /^[0-9a-f]{64}$/u;
/** A write takes seconds; what is older was left by a process that is no more, also where its id is another's now. */
const longestWriteMs = 600_000;
const filesAtOnce = 16;

/** Files named by 64 hexadecimal digits, in folders by the first two; half-written ones are in `tmp` until they are whole. */
export class PcmFolder {
  readonly #folder: string;
  #writes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What there is, the least recently used first; deletes what dead processes left half-written. */
  async scan(): Promise<readonly StoredFile[]> {
    await mkdir(this.#folder, { recursive: true });
    await this.#sweep();
    const found: StoredFile[] = [];
    for (const name of await namesIn(this.#folder)) {
      if (/^[0-9a-f]{2}$/u.test(name)) found.push(...(await this.#scanFolder(name)));
    }
    return found.toSorted((a, b) => a.usedMs - b.usedMs);
  }

  /** The file's bytes; undefined when it is gone or not of this length, and then no byte of it is read. */
  async read(key: string, bytes: number): Promise<Buffer | undefined> {
    const file = await ignoring("ENOENT", open(this.#pathOf(key)));
    if (!file) return undefined;
    try {
      if ((await file.stat()).size !== bytes) return undefined;
      const buffer = Buffer.allocUnsafe(bytes);
      const { bytesRead } = await file.read(buffer, 0, bytes, 0);
      return bytesRead === bytes ? buffer : undefined;
    } finally {
      await file.close();
    }
  }

  /** Writes the file so that it is there whole or not at all to whoever looks, also after a kill. */
  async write(key: string, content: Buffer): Promise<void> {
    const path = this.#pathOf(key);
    this.#writes += 1;
    const half = join(this.#folder, "tmp", `${process.pid}-${this.#writes}`);
    await mkdir(dirname(half), { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    try {
      // No fsync: after a power cut the checksum says what was lost.
      await writeFile(half, content);
      await rename(half, path);
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await ignoring("ENOENT", unlink(this.#pathOf(key)));
  }

  /** Notes on the file when it was used. */
  async touch(key: string, usedMs: number): Promise<void> {
    await ignoring("ENOENT", utimes(this.#pathOf(key), usedMs / 1_000, usedMs / 1_000));
  }

  async #scanFolder(name: string): Promise<readonly StoredFile[]> {
    const keys = (await namesIn(join(this.#folder, name))).filter((key) => keyPattern.test(key));
    const found: StoredFile[] = [];
    for (let at = 0; at < keys.length; at += filesAtOnce) {
      const some = keys.slice(at, at + filesAtOnce).map(async (key) => {
        const seen = await ignoring("ENOENT", stat(this.#pathOf(key)));
        if (seen) found.push({ key, bytes: seen.size, usedMs: seen.mtimeMs });
      });
      await Promise.all(some);
    }
    return found;
  }

  async #sweep(): Promise<void> {
    const folder = join(this.#folder, "tmp");
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      const seen = await ignoring("ENOENT", stat(path));
      const isOld = seen !== undefined && Date.now() - seen.mtimeMs > longestWriteMs;
      if (isOld || !isOfAnother(Number(name.split("-")[0]))) await rm(path, { force: true });
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, key.slice(0, 2), key);
  }
}

/** Whether another process lives by this id. Our own has written nothing before it opens; in a container all have the same. */
function isOfAnother(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await ignoring("ENOENT", readdir(folder))) ?? [];
}

async function ignoring<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isCode(error, code)) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
