/** What Obsidian hides: dot files, and all in dot folders (`.obsidian`, `.trash`). */
export function isHiddenPath(path: string): boolean {
  return path.split("/").some((segment) => segment.startsWith("."));
}

/** Whether a file is Markdown to be read as a note: not hidden, and by its name no Excalidraw drawing. */
export function isVaultNote(path: string): boolean {
  return /\.md$/iu.test(path) && !/\.excalidraw\.md$/iu.test(path) && !isHiddenPath(path);
}

/** Whether a file of a vault is indexed: notes and canvases. */
export function isVaultDocument(path: string): boolean {
  return isVaultNote(path) || (/\.canvas$/iu.test(path) && !isHiddenPath(path));
}

/** Whether a note's properties say that it is an Excalidraw drawing (zsviczian/obsidian-excalidraw-plugin), whatever its name. */
export function isExcalidraw(properties: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(properties, "excalidraw-plugin");
}

/** Syncthing: `name.sync-conflict-<date>-<time>-<device>.md` (docs.syncthing.net, "Conflicting changes"). */
const syncthing = /^(.+)\.sync-conflict-\d{8}-\d{6}-[A-Z0-9]{7}(\.[^./]*)?$/u;
/**
 * Dropbox and Nextcloud: `name (someone's conflicted copy 2024-01-01).md`; Obsidian Sync: `name (Conflicted copy device
 * 202401011200).md`. Without a date it is a name that somebody chose.
 */
const copy =
  /^(.+) \((?:[^()]* )?conflicted copy (?:[^()]* )?(?:\d{4}-\d{2}-\d{2}|\d{8,14})(?: [^()]*| \(\d+\))?\)(\.[^./]*)?$/iu;

/** The file that a conflict's copy was made of; undefined for any other file, `name (1).md` included. */
export function conflictOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/") + 1;
  let name = path.slice(slash);
  for (let original = originalOf(name); original !== undefined; original = originalOf(name)) name = original;
  return slash + name.length === path.length ? undefined : path.slice(0, slash) + name;
}

function originalOf(name: string): string | undefined {
  const found = syncthing.exec(name) ?? copy.exec(name);
  return found ? `${found[1]}${found[2] ?? ""}` : undefined;
}
