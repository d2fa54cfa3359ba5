import { fileName, foldPath, folderOf, type NamedFile, type VaultNames } from "./vault-names.ts";

/**
 * The file that a link's target means, as Obsidian's `MetadataCache.getFirstLinkpathDest` finds it; undefined when there
 * is none. Its rules, which docs.obsidian.md does not give, as those who took its resolver apart describe them:
 *
 * 1. "" is the note itself. Case does not count.
 * 2. Files are looked up by name: as written when it has a dot, else, or when there is none, with `.md`.
 * 3. A bare name that one file has is that file.
 * 4. `./` and `../` start at the note's folder, `/` at the vault; both must hit exactly.
 * 5. Else a file at exactly this path from the vault's root wins: a bare name means the note at the root before its
 *    neighbour.
 * 6. Else all files count whose path ends so (as text: `b/x` means `ab/x` too). Those below the note's folder come before
 *    others, shorter paths before longer; then Obsidian takes the order in which it found them, we the alphabet.
 */
export function resolveLink(names: VaultNames, fromPath: string, target: string): string | undefined {
  if (target === "") return names.has(fromPath) ? fromPath : undefined;
  const written = lookUp(names, target);
  if (!written) return undefined;
  const { path, folded, files } = written;
  if (files.size === 1 && !folded.includes("/")) return first(files);
  if (/^\.\.?\//u.test(folded)) return at(names, fromFolder(folderOf(fromPath), path));
  if (folded.startsWith("/")) return at(names, path.slice(1));
  return at(names, path) ?? nearest(files, folded, foldPath(folderOf(fromPath)));
}

type LookedUp = {
  readonly path: string;
  readonly folded: string;
  readonly files: ReadonlyMap<string, NamedFile>;
};

function lookUp(names: VaultNames, target: string): LookedUp | undefined {
  for (const path of fileName(target).includes(".") ? [target, `${target}.md`] : [`${target}.md`]) {
    const folded = foldPath(path);
    const files = names.named(fileName(folded));
    if (files.size > 0) return { path, folded, files };
  }
  return undefined;
}

function first(files: ReadonlyMap<string, NamedFile>): string | undefined {
  for (const path of files.keys()) return path;
  return undefined;
}

function at(names: VaultNames, path: string): string | undefined {
  return names.at(foldPath(path), path.normalize("NFC"));
}

/** Above the vault there is nothing: `..` stays at its root. */
function fromFolder(folder: string, path: string): string {
  const segments = folder === "" ? [] : folder.split("/");
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== ".") segments.push(segment);
  }
  return segments.join("/");
}

function nearest(files: ReadonlyMap<string, NamedFile>, ending: string, folder: string): string | undefined {
  let best: NamedFile | undefined;
  for (const file of files.values()) {
    if (file.folded.endsWith(ending) && (!best || isNearer(file, best, folder))) best = file;
  }
  return best?.path;
}

function isNearer(a: NamedFile, b: NamedFile, folder: string): boolean {
  const isBelow = ({ folded }: NamedFile) => folder === "" || folded.startsWith(`${folder}/`);
  if (isBelow(a) !== isBelow(b)) return isBelow(a);
  if (a.path.length !== b.path.length) return a.path.length < b.path.length;
  return a.path < b.path;
}
