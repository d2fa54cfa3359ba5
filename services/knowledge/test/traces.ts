import { existsSync, readFileSync } from "node:fs";

/** Random numbers below `n` and words of small letters. Seeded, so that a failure repeats. */
export function generator(seed: number) {
  let at = seed;
  const random = (n: number) => (at = (at * 48_271) % 2_147_483_647) % n;
  const word = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + random(26))).join("");
  return { random, word };
}

/** Everything the database has on the disk, one byte a character. */
export function bytesOf(path: string): string {
  return ["", "-wal", "-shm"]
    .map((end) => path + end)
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file).toString("latin1"))
    .join("\0");
}

/**
 * What would betray a text: itself, and of each of its longer words every seven letters in a row. The index keeps stems, and
 * leaves out of a term what it shares with the one before; seven letters anywhere are what is left of either.
 */
export function traces(bytes: string, text: string): string[] {
  const [small, sought] = [bytes.toLowerCase(), text.toLowerCase()];
  const pieces = (sought.match(/[a-z]{12,}/gu) ?? []).flatMap((word) =>
    Array.from({ length: word.length - 6 }, (_, i) => word.slice(i, i + 7)),
  );
  return [sought, ...pieces].filter((piece) => small.includes(piece));
}
