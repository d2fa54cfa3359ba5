import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { isWhisperName, type ModelFile } from "../core/catalogue.ts";
import { type GgufHeader, parseGguf } from "../core/gguf.ts";
import { hasGgmlMagic, parseWhisper, whisperHeaderBytes } from "../core/whisper-header.ts";

type Folder = { readonly folder: ModelFile["folder"]; readonly path: string };
type Checked = Pick<ModelFile, "header" | "whisper" | "problem">;

const firstReadBytes = 1024 * 1024;
/** A vocabulary of a million tokens is 30 MB; a header beyond this is not one. */
const longestHeaderBytes = 256 * 1024 * 1024;

/**
 * Lists the `.gguf` files of the models folder, or of the embedded one when that has none, and Whisper's `.bin` files of
 * either. Headers are read once a file.
 */
export class ModelFiles {
  readonly #folders: readonly Folder[];
  readonly #checked = new Map<string, Checked>();

  /** `folders` in order: the first that holds a `.gguf` file is the last that counts. */
  constructor(folders: readonly Folder[]) {
    this.#folders = folders;
  }

  async list(): Promise<ModelFile[]> {
    const found: ModelFile[] = [];
    for (const folder of this.#folders) {
      const all = await readdir(folder.path);
      const names = all.filter(isModelName).toSorted();
      const whisper = await this.#whisperNames(folder, all.filter(isWhisperName).toSorted());
      const read = [...firstParts(names), ...whisper].map((name) => this.#read(folder, name, names));
      found.push(...(await Promise.all(read)));
      if (names.length > 0) break;
    }
    return found;
  }

  /** `.bin` says little: what is not named as whisper.cpp names its models counts only when it begins like one. */
  async #whisperNames({ path }: Folder, names: readonly string[]): Promise<string[]> {
    const visible = names.filter((name) => !name.startsWith("."));
    const isOne = await Promise.all(visible.map((name) => isWhisperModel(path, name)));
    return visible.filter((_, i) => isOne[i]);
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

/** `ggml-*.bin` is one, but for the models that only find where somebody speaks. */
async function isWhisperModel(folder: string, name: string): Promise<boolean> {
  if (/^ggml-/i.test(name)) return !/^ggml-silero/i.test(name);
  try {
    return hasGgmlMagic(await readStart(join(folder, name), whisperHeaderBytes));
  } catch {
    return false;
  }
}

async function readStart(path: string, byteCount: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(byteCount), 0, byteCount, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
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
  return isWhisperName(path) ? checkWhisper(path, sizeBytes) : checkGguf(path, sizeBytes, isSplit);
}

async function checkWhisper(path: string, sizeBytes: number): Promise<Checked> {
  const result = parseWhisper(await readStart(path, whisperHeaderBytes));
  if (result.kind === "bad")
    return {
      header: undefined,
      problem: `it is not a model file that whisper.cpp can read: ${result.reason}`,
    };
  const { header: whisper } = result;
  return { header: undefined, whisper, problem: sizeProblem(whisper, sizeBytes, false) };
}

async function checkGguf(path: string, sizeBytes: number, isSplit: boolean): Promise<Checked> {
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

function sizeProblem(
  { neededBytes }: Pick<GgufHeader, "neededBytes">,
  sizeBytes: number,
  isSplit: boolean,
): string | undefined {
  if (isSplit || sizeBytes >= neededBytes) return undefined;
  return `it is cut off: ${sizeBytes} of at least ${neededBytes} bytes are there; pull it again`;
}
