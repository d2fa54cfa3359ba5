import { resolveLink } from "./resolve-link.ts";
import { fileName, foldPath, folderOf, type VaultNames } from "./vault-names.ts";

/** How a link spells its target; Obsidian's "New link format" and what people write by hand. */
export type LinkStyle = {
  /** The bare name, the path from the vault's root, or the path from the note's folder. */
  readonly form: "name" | "root" | "relative";
  /** What an absolute or relative path begins with. */
  readonly prefix: "" | "/" | "./";
  /** Whether a note's `.md` is written; other extensions always are. */
  readonly hasExtension: boolean;
};

/** The style of a target that means `toPath`. */
export function linkStyleOf(target: string, fromPath: string, toPath: string): LinkStyle {
  const hasExtension = /\.md$/iu.test(target) && !/\.md\.md$/iu.test(toPath);
  if (target.startsWith("/")) return { form: "root", prefix: "/", hasExtension };
  if (/^\.\.?\//u.test(target)) return { form: "relative", prefix: "./", hasExtension };
  if (!target.includes("/")) return { form: "name", prefix: "", hasExtension };
  // Without a dot, a path from the note's folder looks like one from the root.
  const isRelative = foldPath(relativePath(folderOf(fromPath), toPath)).startsWith(foldPath(target));
  const isRooted = foldPath(toPath).startsWith(foldPath(target));
  return { form: isRelative && !isRooted ? "relative" : "root", prefix: "", hasExtension };
}

/**
 * The shortest target in a style that means the file `toPath` in the note `fromPath`. Where the style cannot tell the file
 * from others, it is the path from the vault's root, with `.md` where even that needs it.
 */
export function linkTextFor(names: VaultNames, fromPath: string, toPath: string, style: LinkStyle): string {
  const spellings = [spell(fromPath, toPath, style), `${style.prefix === "/" ? "/" : ""}${toPath}`];
  for (const spelling of spellings) {
    const short = spelling.replace(/\.md$/iu, "");
    for (const text of style.hasExtension ? [spelling] : [short, spelling])
      if (resolveLink(names, fromPath, text) === toPath) return text;
  }
  return toPath;
}

function spell(fromPath: string, toPath: string, { form, prefix }: LinkStyle): string {
  if (form === "name") return fileName(toPath);
  if (form === "root") return prefix + toPath;
  const path = relativePath(folderOf(fromPath), toPath);
  return path.startsWith("../") ? path : prefix + path;
}

function relativePath(folder: string, path: string): string {
  const from = folder === "" ? [] : folder.split("/");
  const to = path.split("/");
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same += 1;
  return [...from.slice(same).map(() => ".."), ...to.slice(same)].join("/");
}
