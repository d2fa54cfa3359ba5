import { AppError } from "@benchai/contract/errors";

import { hasControlCharacter } from "../folder-for.ts";

/** In UTF-8: what file systems take for one name, and what every system takes for a path with some root before it. */
const longestNameBytes = 255;
const longestPathBytes = 1_000;

/** Windows takes these for devices, with any ending (Microsoft, Naming Files). */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(?:\.|$)/iu;
/** What some system or Obsidian's links do not take in a name. Notes that have them already can be read and changed. */
const unportable = /[*"<>|?#^[\]]/u;

/**
 * A path relative to the vault, in NFC, that can lead nowhere else and to nothing hidden. Throws `invalid_request`
 * with what is wrong (SCENARIOS S62); whether links lead out on the disk is for the adapter to see.
 */
export function vaultPath(path: string): string {
  const problem = problemOf(path);
  if (problem !== undefined) throw refused(path, problem);
  return path.normalize("NFC");
}

/** Why no vault has the path; undefined when one may. */
export function problemOf(path: string): string | undefined {
  if (!path.isWellFormed() || hasControlCharacter(path)) return "has control characters";
  if (path === "") return "is empty; name a note, as in folder/note.md";
  if (path.startsWith("/")) return "is absolute; give a path relative to the vault";
  const normal = path.normalize("NFC");
  if (bytesOf(normal) > longestPathBytes) return `is longer than ${longestPathBytes} bytes`;
  return normal
    .split("/")
    .map((name) => problemOfName(name))
    .find((problem) => problem !== undefined);
}

/** The same for a file that is to be made, with all its folders. */
export function newVaultPath(path: string): string {
  const normal = vaultPath(path);
  assertNewNames(normal, normal.split("/").length);
  return normal;
}

/**
 * Throws `invalid_request` unless the last names of a path, so many of them, are such as every system and Obsidian take:
 * those of the file and of the folders that are to be made for it.
 */
export function assertNewNames(path: string, count: number): void {
  const names = path.split("/").slice(-count);
  const odd = names.find((name) => unportable.test(name) || /[. ]$/u.test(name));
  if (odd === undefined) return;
  throw refused(
    path,
    `has the name ${shown(odd)}, and a new one ends in no dot or space and has none of * " < > | ? # ^ [ ]`,
  );
}

function problemOfName(name: string): string | undefined {
  if (name === "") return "has an empty name between slashes, or at its end";
  if (name === "." || name === "..") return "has a dot or two for a folder; spell it out";
  if (name.startsWith(".")) return "leads to what Obsidian hides (a name with a dot before it)";
  if (/[\\:]/u.test(name)) return "has a backslash or a colon; folders are parted by /";
  if (device.test(name)) return `has the name ${shown(name)}, which Windows keeps for a device`;
  return bytesOf(name) > longestNameBytes ? `has a name of more than ${longestNameBytes} bytes` : undefined;
}

/** A note's path. `use` says what for, as canvases can be read but not written. */
export function assertNote(path: string, use: "read" | "write"): void {
  if (use === "read" ? isReferrer(path) : isNote(path)) return;
  const what = use === "read" ? "is no note or canvas" : "is no note, and only notes are written";
  throw refused(path, `${what}: its name must end in .md`);
}

export function isNote(path: string): boolean {
  return /\.md$/iu.test(path);
}

/** Whether a file may hold links to others. */
export function isReferrer(path: string): boolean {
  return /\.(?:md|canvas)$/iu.test(path);
}

function refused(path: string, problem: string): AppError {
  return new AppError("invalid_request", `the path ${shown(path)} ${problem}`, { param: "path" });
}

function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
