import { copyFile, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { randomModelBytes } from "@benchai/fakes/gguf-writer";
import { toyWhisperBytes } from "@benchai/fakes/whisper-writer";

import { ModelFiles } from "./model-files.ts";

const tinyChat = fileURLToPath(new URL("../../../../assets/tiny-chat/tiny-chat.gguf", import.meta.url));
const model = randomModelBytes({ seed: 1 });
const whisper = toyWhisperBytes();
let root = "";
let models = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "models-"));
  models = join(root, "models");
  await mkdir(models);
  await mkdir(join(root, "embedded"));
});
afterEach(() => rm(root, { recursive: true }));

function files() {
  return new ModelFiles([
    { folder: "models", path: models },
    { folder: "embedded", path: join(root, "embedded") },
  ]);
}
const put = (name: string, content: string | Uint8Array = model) => writeFile(join(models, name), content);
/** The one model's problem, or `ok`. */
async function verdict(): Promise<string> {
  const all = await files().list();
  return all.map((f) => f.problem ?? "ok").join("; ");
}

describe("the models folder", () => {
  test("our own tiny-chat is a model", async () => {
    await copyFile(tinyChat, join(models, "tiny-chat.gguf"));
    expect(await files().list()).toMatchObject([
      { name: "tiny-chat.gguf", folder: "models", problem: undefined, header: { architecture: "llama" } },
    ]);
  });

  test("what is no model, hidden, or a projector beside a model is not listed", async () => {
    for (const name of ["a.gguf", "B.GGUF", "notes.txt", ".part.gguf", "mmproj-a.gguf", "x.gguf.part"])
      await put(name);
    expect((await files().list()).map((f) => f.name)).toEqual(["B.GGUF", "a.gguf"]);
  });

  test("the embedded model is served only while models/ has none", async () => {
    await writeFile(join(root, "embedded", "tiny.gguf"), model);
    expect(await files().list()).toMatchObject([{ name: "tiny.gguf", folder: "embedded" }]);
    await put("mine.gguf");
    expect(await files().list()).toMatchObject([{ name: "mine.gguf", folder: "models" }]);
  });

  test("two empty folders are no models, and a missing folder is an error", async () => {
    expect(await files().list()).toEqual([]);
    await rm(models, { recursive: true });
    await expect(files().list()).rejects.toThrow("ENOENT");
  });
});

describe("a Whisper model", () => {
  test("is what is named like one, or begins like one, and no model that only finds speech", async () => {
    for (const name of ["ggml-base.en.bin", "mine.bin", "ggml-silero-v5.1.2.bin", ".ggml-part.bin"])
      await put(name, whisper);
    await put("pytorch_model.bin", "PK");
    const found = await files().list();
    expect(found.map((f) => f.name)).toEqual(["ggml-base.en.bin", "mine.bin"]);
    expect(found[0]).toMatchObject({
      problem: undefined,
      whisper: { isMultilingual: true },
      header: undefined,
    });
  });

  test("leaves the embedded chat model where it is", async () => {
    await writeFile(join(root, "embedded", "tiny.gguf"), model);
    await put("ggml-tiny.bin", whisper);
    expect((await files().list()).map((f) => [f.name, f.folder])).toEqual([
      ["ggml-tiny.bin", "models"],
      ["tiny.gguf", "embedded"],
    ]);
  });

  test.each<[string, string | Uint8Array, string | RegExp]>([
    [
      "a web page",
      "<!DOCTYPE html><html><body>404: this model is not here</body></html>",
      "it is not a model file that whisper.cpp can read: it does not start with the letters of ggml",
    ],
    [
      "an empty file",
      "",
      "it is not a model file that whisper.cpp can read: it ends inside its header; pull it again",
    ],
    [
      "cut weights",
      whisper.subarray(0, 4_000_000),
      /^it is cut off: 4000000 of at least \d+ bytes are there; pull it again$/,
    ],
  ])("that is broken (%s) says why", async (_what, content, expected) => {
    await put("ggml-a.bin", content);
    expect(await verdict()).toEqual(
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    );
  });
});

describe("S10: a file that cannot be served says why", () => {
  test.each<[string, string | Uint8Array, string]>([
    [
      "a web page",
      "<!DOCTYPE html><html><body>404</body></html>",
      "it is not a model file that llama.cpp can read: it does not start with the letters GGUF",
    ],
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
      "it is not a model file that llama.cpp can read: it does not start with the letters GGUF",
    ],
    ["an empty file", "", "it is cut off inside its header; pull it again"],
    ["a cut header", model.subarray(0, 2_000), "it is cut off inside its header; pull it again"],
    [
      "cut tensors",
      model.subarray(0, -1),
      `it is cut off: ${model.length - 1} of at least ${model.length} bytes are there; pull it again`,
    ],
  ])("%s", async (_what, content, expected) => {
    await put("a.gguf", content);
    expect(await verdict()).toBe(expected);
  });

  test("a folder, or a link that leads nowhere", async () => {
    await mkdir(join(models, "folder.gguf"));
    await symlink("/nowhere/x.gguf", join(models, "link.gguf"));
    expect(await verdict()).toBe(
      "folder.gguf cannot be read (EISDIR); link.gguf cannot be read (a link that leads out of models/; put the file itself there)",
    );
  });

  test("one bad file does not hide a good one", async () => {
    await put("a.gguf", "<html>");
    await put("b.gguf");
    expect((await files().list()).map((f) => f.problem === undefined)).toEqual([false, true]);
  });

  test("a header longer than the first read is read to its end", async () => {
    const long = Buffer.concat([
      model.subarray(0, 16),
      // One property more, of 2 MB, before the others; a multiple of the alignment.
      u64(model.readBigUInt64LE(16) + 1n),
      ...property("a.long.text", "x".repeat(2 * 1024 * 1024 + 1)),
      model.subarray(24),
    ]);
    await put("a.gguf", long);
    expect(await verdict()).toBe("ok");
  });
});

describe("a split model", () => {
  const part = (i: number, of = 3) => `big-0000${i}-of-0000${of}.gguf`;

  test("is one model under its first part, with the size of all", async () => {
    for (const i of [1, 2, 3]) await put(part(i));
    expect(await files().list()).toMatchObject([
      { name: part(1), sizeBytes: 3 * model.length, problem: undefined },
    ]);
  });

  test("with parts missing says how many, also when the first is among them", async () => {
    const missing = (n: number) => `${part(1)}: ${n} of its 3 parts are missing; pull it again`;
    await put(part(2));
    expect(await verdict()).toBe(missing(2));
    await put(part(1));
    expect(await verdict()).toBe(missing(1));
  });

  test("beside another split of the same name is not mixed with it", async () => {
    for (const i of [1, 2, 3]) await put(part(i));
    await put(part(1, 2));
    expect(await verdict()).toBe(`${part(1, 2)}: 1 of its 2 parts are missing; pull it again; ok`);
  });
});

test("a header is read again when the file changes, and only then", async () => {
  const list = files();
  await put("a.gguf");
  const [first] = await list.list();
  expect((await list.list())[0]?.header).toBe(first?.header);
  await truncate(join(models, "a.gguf"), 2_000);
  expect((await list.list())[0]?.problem).toContain("cut off");
  await put("a.gguf");
  await utimes(join(models, "a.gguf"), 1, 1);
  expect((await list.list())[0]).toMatchObject({ problem: undefined, modifiedMs: 1_000 });
});

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
function property(key: string, value: string): Buffer[] {
  const type = Buffer.from([8, 0, 0, 0]);
  return [u64(BigInt(key.length)), Buffer.from(key), type, u64(BigInt(value.length)), Buffer.from(value)];
}
