/** A file of a vault and its path as links are compared. */
export type NamedFile = { readonly path: string; readonly folded: string };

/**
 * A path or link as Obsidian compares them: without case, in NFC, hard blanks as blanks (obsidian.d.ts, `normalizePath`;
 * what else is known of it is in resolve-link.ts).
 */
export function foldPath(path: string): string {
  return path
    .replaceAll(/[\u00A0\u202F]/gu, " ")
    .normalize("NFC")
    .toLowerCase();
}

/** The files of a vault by what links call them. Paths are relative to the vault, with forward slashes. */
export class VaultNames {
  readonly #byName = new Map<string, Map<string, NamedFile>>();
  readonly #byPath = new Map<string, Map<string, NamedFile>>();
  #size = 0;

  constructor(paths: Iterable<string> = []) {
    for (const path of paths) this.add(path);
  }

  get size(): number {
    return this.#size;
  }

  add(path: string): void {
    if (this.has(path)) return;
    const file = { path, folded: foldPath(path) };
    put(this.#byName, fileName(file.folded), file);
    put(this.#byPath, file.folded, file);
    this.#size += 1;
  }

  remove(path: string): void {
    if (!this.has(path)) return;
    const folded = foldPath(path);
    drop(this.#byName, fileName(folded), path);
    drop(this.#byPath, folded, path);
    this.#size -= 1;
  }

  has(path: string): boolean {
    return this.#byPath.get(foldPath(path))?.has(path) === true;
  }

  /** The files of a name, folded and with its extension, wherever they are, by their paths. */
  named(name: string): ReadonlyMap<string, NamedFile> {
    return this.#byName.get(name) ?? none;
  }

  /** The file at a folded path; of several that differ in case only, the one that is spelled so, else the first by name. */
  at(folded: string, spelled: string): string | undefined {
    const files = this.#byPath.get(folded);
    if (!files) return undefined;
    return files.get(spelled)?.path ?? [...files.keys()].toSorted()[0];
  }

  /** The same names after files have moved. */
  moved(moves: ReadonlyMap<string, string>): VaultNames {
    const names = new VaultNames(this.paths());
    for (const from of moves.keys()) names.remove(from);
    for (const to of moves.values()) names.add(to);
    return names;
  }

  *paths(): Generator<string> {
    for (const files of this.#byPath.values()) yield* files.keys();
  }
}

const none: ReadonlyMap<string, NamedFile> = new Map();

/** What stands behind the last slash. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What stands before the last slash; "" for the vault itself. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function put(files: Map<string, Map<string, NamedFile>>, key: string, file: NamedFile): void {
  const same = files.get(key);
  if (same) same.set(file.path, file);
  else files.set(key, new Map([[file.path, file]]));
}

function drop(files: Map<string, Map<string, NamedFile>>, key: string, path: string): void {
  const same = files.get(key);
  same?.delete(path);
  if (same?.size === 0) files.delete(key);
}
