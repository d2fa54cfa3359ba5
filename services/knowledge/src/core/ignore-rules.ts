import ignore, { type Ignore } from "ignore";
import picomatch from "picomatch";

/** Which names of a folder are listed. All paths are relative to the source's root, with forward slashes. */
export type FolderRules = {
  isFileWanted(path: string): boolean;
  isFolderWanted(path: string): boolean;
};

/** Folders of tools, never of text: dependencies and what is built from sources. Hidden names are left out as well. */
const toolFolders = new Set([
  "node_modules",
  "bower_components",
  "__pycache__",
  "venv",
  "site-packages",
  "$RECYCLE.BIN",
  "System Volume Information",
]);

export type Globs = {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly dropped?: readonly string[] | undefined;
};

/**
 * The rules that hold in a whole source: hidden names (a leading dot: settings, histories, secrets) and tool folders
 * are out, always; `include` and `exclude` are globs, where one without a slash matches names at any depth.
 */
export function globRules({ include = [], exclude = [], dropped = [] }: Globs): FolderRules {
  const isIncluded = include.length === 0 ? () => true : globs(include);
  const isExcluded = exclude.length === 0 ? () => false : globs(exclude);
  const isDropped = new Set(dropped);
  return {
    isFileWanted: (path) => !isHidden(path) && !isDropped.has(path) && isIncluded(path) && !isExcluded(path),
    isFolderWanted: (path) =>
      !isHidden(path) && !toolFolders.has(nameOf(path)) && !isExcluded(path) && !isExcluded(`${path}/`),
  };
}

/** An ignore file's rules, as gitignore(5) has them, and the folder that it stands in (`""` for the root). */
export type IgnoreLevel = { readonly folder: string; readonly rules: Ignore };

/** Reads the text of a `.gitignore`. */
export function ignoreLevel(folder: string, text: string): IgnoreLevel {
  return { folder, rules: ignore({ allowRelativePaths: true }).add(text) };
}

/** Whether ignore files leave the path out; the deepest file that says anything decides. Folders end in a slash. */
export function isIgnored(levels: readonly IgnoreLevel[], path: string): boolean {
  let isOut = false;
  for (const { folder, rules } of levels) {
    const inside = folder === "" ? path : path.slice(folder.length + 1);
    const { ignored, unignored } = rules.test(inside);
    if (ignored || unignored) isOut = ignored;
  }
  return isOut;
}

function globs(patterns: readonly string[]): (path: string) => boolean {
  const matchers = patterns.map((pattern) =>
    picomatch(pattern.replace(/^\.?\//u, ""), {
      dot: true,
      noextglob: true,
      basename: !pattern.includes("/"),
    }),
  );
  return (path) => matchers.some((isMatch) => isMatch(path));
}

function isHidden(path: string): boolean {
  return nameOf(path).startsWith(".");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
