import { createHash } from "node:crypto";
import { closeSync, createReadStream, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";

/** Gives a finished file its name; when this returns, the file and its name survive a power cut. */
export function publishFile(temporary: string, path: string): void {
  sync(temporary);
  renameSync(temporary, path);
  sync(dirname(path));
}

/** Writes a small file whole or not at all. */
export function writeDurably(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.partial`;
  writeFileSync(temporary, text);
  publishFile(temporary, path);
}

/** Puts a file, or the names in a folder, onto the disk. */
function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The SHA-256 of a file, in hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
