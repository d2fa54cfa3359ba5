import type { Subpath } from "./note.ts";

/** A link's target as written, cut at its first `#` (Obsidian's `parseLinktext`). Offsets are in what was given. */
export type CutTarget = {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** From the `#` on; "" when there is none. */
  readonly subpath: string;
};

/** Cuts `path#subpath`; blanks around the path do not belong to it. */
export function cutTarget(written: string): CutTarget {
  const hash = written.indexOf("#");
  const raw = hash === -1 ? written : written.slice(0, hash);
  const path = raw.trim();
  const from = path === "" ? 0 : raw.length - raw.trimStart().length;
  return { path, from, to: from + path.length, subpath: hash === -1 ? "" : written.slice(hash) };
}

/** `#A#B` or `#^id`, as Obsidian's `resolveSubpath` takes it apart; undefined when nothing stands between the marks. */
export function readSubpath(subpath: string): Subpath | undefined {
  if (subpath === "") return undefined;
  const parts = subpath
    .split("#")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const [first] = parts;
  if (first === undefined) return undefined;
  if (parts.length === 1 && first.startsWith("^")) return { kind: "block", id: first.slice(1) };
  return { kind: "heading", path: parts };
}

/** `#A#B` or `#^id`; "" for the whole note. */
export function writeSubpath(subpath: Subpath | undefined): string {
  if (!subpath) return "";
  return subpath.kind === "block" ? `#^${subpath.id}` : `#${subpath.path.join("#")}`;
}

/** Whether a Markdown link leads out of the vault (RFC 3986, 3.1): `https:`, `mailto:`, `obsidian:` … */
export function hasScheme(destination: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/iu.test(destination) || destination.startsWith("//");
}

/**
 * A Markdown destination's path as a file's name: backslashes and percent signs undone. Obsidian uses `decodeURI`, which
 * leaves `%23` and `%26` as they are; here they are decoded too, so that any name can be linked. What is no UTF-8 stays.
 */
export function decodeDestination(written: string): string {
  if (!/[\\%]/u.test(written)) return written;
  const unescaped = written.replaceAll(/\\([!-/:-@[-`{-~])/gu, "$1");
  return unescaped.replaceAll(/(?:%[0-9a-f]{2})+/giu, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

/** What a file's name must not have in a Markdown destination: it would end it, start a subpath or mean something else. */
const reserved = /[\p{Cc} %#\\<>()"`[\]|]/gu;

/** A path as a Markdown destination; letters beyond ASCII stay as they are unless `isAscii`. */
export function encodeDestination(path: string, isAscii: boolean): string {
  const marks = path.toWellFormed().replaceAll(reserved, percent);
  const encoded = hasScheme(marks) ? marks.replace(":", "%3A") : marks;
  return isAscii ? encoded.replaceAll(/[^\p{ASCII}]+/gu, encodeURIComponent) : encoded;
}

/** A path for a destination in angle brackets, which may have blanks. */
export function encodeBracketed(path: string): string {
  const marks = path.toWellFormed().replaceAll(/[\p{Cc}%#\\<>|]|^\s|\s$/gu, percent);
  return hasScheme(marks) ? marks.replace(":", "%3A") : marks;
}

function percent(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? `%${code.toString(16).toUpperCase().padStart(2, "0")}` : encodeURIComponent(character);
}
