import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const notCopied = new Set(["node_modules", ".git", ".benchai", ".turbo", ".env"]);

/** The working tree as it is, without what git ignores, in a folder that goes away with it. */
export function copyOfTheTree(root: string) {
  const folder = mkdtempSync(join(tmpdir(), "benchai-bench-tree-"));
  const isModel = (path: string) => basename(dirname(path)) === "models" && path.endsWith(".gguf");
  const filter = (path: string) => !notCopied.has(basename(path)) && !isModel(path);
  cpSync(root, folder, { recursive: true, filter });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
