import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { ModelFile } from "../core/catalogue.ts";
import { type GgufHeader, parseGguf } from "../core/gguf.ts";

type Folder = { readonly folder: ModelFile["folder"]; readonly path: string };
type Checked = { readonly header: GgufHeader | undefined; readonly problem: string | undefined };

const firstReadBytes = 1024 * 1024;
/** A vocabulary of a million tokens is 30 MB; a header beyond this is not one. */
const longestHeaderBytes = 256 * 1024 * 1024;

/** Lists the `.gguf` files of the models folder, or of the embedded one when that has none. Headers are read once a file. */
export class ModelFiles {
  readonly #folders: readonly Folder[];
  readonly #checked = new Map<string, Checked>();

  /** `folders` in order: the first that holds a model is the one that counts. */
  constructor(folders: readonly Folder[]) {
    this.#folders = folders;
  }

  async list(): Promise<ModelFile[]> {
    for (const folder of this.#folders) {
      const names = (await readdir(folder.path)).filter(isModelName).toSorted();
      if (names.length === 0) continue;
      return Promise.all(firstParts(names).map((name) => this.#read(folder, name, names)));
    }
    return [];
  }

  async #read({ folder, path }: Folder, name: string, names: readonly string[]): Promise<ModelFile> {
    const nothing = { name, folder, sizeBytes: 0, modifiedMs: 0, header: undefined };
    try {
      const { expected, present } = partsOf(name, names);
      const missing = expected - present.length;
      if (missing > 0)
        return {
          ...nothing,
          problem: `${name}: ${missing} of its ${expected} parts are missing; pull it again`,
        };
      const sizes = await Promise.all(present.map((part) => stat(join(path, part))));
      const [first] = sizes;
      if (!first) return { ...nothing, problem: `${name} went away` };
      const key = `${path}/${name}:${first.size}:${first.mtimeMs}`;
      const checked = this.#checked.get(key) ?? (await check(join(path, name), first.size, expected > 1));
      this.#checked.set(key, checked);
      return {
        ...nothing,
        ...checked,
        sizeBytes: sizes.reduce((sum, s) => sum + s.size, 0),
        modifiedMs: first.mtimeMs,
      };
    } catch (error) {
      return { ...nothing, problem: `${name} cannot be read (${explain(error)})` };
    }
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "unknown error";
  if (code === "EACCES") return "no permission: workers run as user 1000; run chmod a+r on it";
  if (code === "ENOENT") return "a link that leads out of models/; put the file itself there";
  return String(code);
}

function isModelName(name: string): boolean {
  return /\.gguf$/i.test(name) && !name.startsWith(".") && !/^mmproj/i.test(name);
}

const part = /-(\d{5})-of-(\d{5})\.gguf$/;

/** One name a model: of a split one that of its first part, even when that is missing. */
function firstParts(names: readonly string[]): string[] {
  return [...new Set(names.map((n) => n.replace(part, "-00001-of-$2.gguf")))];
}

/** The files of one model: itself, or all parts of a split one, first part first. */
function partsOf(name: string, names: readonly string[]) {
  const expected = Number(part.exec(name)?.[2] ?? 1);
  const present =
    expected === 1 ? [name] : names.filter((n) => n.replace(part, "-00001-of-$2.gguf") === name);
  return { expected, present };
}

async function check(path: string, sizeBytes: number, isSplit: boolean): Promise<Checked> {
  const file = await open(path, "r");
  try {
    for (let length = firstReadBytes; length <= longestHeaderBytes; length *= 4) {
      const buffer = Buffer.alloc(Math.min(length, sizeBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      const result = parseGguf(buffer.subarray(0, bytesRead));
      if (result.kind === "ok")
        return { header: result.header, problem: sizeProblem(result.header, sizeBytes, isSplit) };
      if (result.kind === "bad")
        return {
          header: undefined,
          problem: `it is not a model file that llama.cpp can read: ${result.reason}`,
        };
      if (bytesRead >= sizeBytes)
        return { header: undefined, problem: "it is cut off inside its header; pull it again" };
    }
    return { header: undefined, problem: `its header is longer than ${longestHeaderBytes} bytes` };
  } finally {
    await file.close();
  }
}

function sizeProblem(header: GgufHeader, sizeBytes: number, isSplit: boolean): string | undefined {
  if (isSplit || sizeBytes >= header.neededBytes) return undefined;
  return `it is cut off: ${sizeBytes} of at least ${header.neededBytes} bytes are there; pull it again`;
}
