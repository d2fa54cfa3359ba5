import fc from "fast-check";

const names = [
  "a",
  "b",
  "Plan",
  "plan 2",
  "v1.2",
  "Café",
  "日本語",
  "😀",
  "x(y)",
  "100%",
  "Anna's",
  "c++",
  "R&D",
  "a,b",
];
const folders = ["", "a/", "b/", "a/b/", "xa/", "a/b/c d/", "Old a/", "😀/"];
const extensions = [".md", ".md", ".md", ".md", ".png", ".canvas", ".md.md"];

/** A path of a file in a vault; few names, so that many are the same. */
const arbitraryPath = fc
  .tuple(fc.constantFrom(...folders), fc.constantFrom(...names), fc.constantFrom(...extensions))
  .map((parts) => parts.join(""));

/** The files of a vault. */
export const arbitraryPaths = fc.uniqueArray(arbitraryPath, { maxLength: 30 });

export type ArbitraryVault = {
  readonly paths: readonly string[];
  /** Where files went; the others stay. */
  readonly moves: ReadonlyMap<string, string>;
};

/** A vault and a move in it: a file renamed, or a folder's files moved. */
export const arbitraryMove: fc.Arbitrary<ArbitraryVault> = fc
  .tuple(
    fc.uniqueArray(arbitraryPath, { minLength: 2, maxLength: 30 }),
    fc.nat(),
    arbitraryPath,
    fc.constantFrom(...folders, "new/"),
    fc.boolean(),
  )
  .map(([paths, index, target, folder, isFolder]) => {
    const moved = paths[index % paths.length] ?? "";
    const from = moved.slice(0, moved.lastIndexOf("/") + 1);
    const candidates: [string, string][] = isFolder
      ? paths.filter((path) => path.startsWith(from)).map((path) => [path, folder + path.slice(from.length)])
      : [[moved, target.replace(/\.[^/]*$/u, "") + (/\.[^./]*$/u.exec(moved)?.[0] ?? "")]];
    const free = candidates.filter(([path, to]) => path === to || !paths.includes(to));
    return { paths, moves: new Map(free.filter(([path, to]) => path !== to)) };
  });
