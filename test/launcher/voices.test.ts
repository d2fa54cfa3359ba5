import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { hub } from "./hub-server.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";

const repo = "csukuangfj/vits-piper-en_US-amy-medium";
const onnx = Buffer.alloc(50_000, 7);
const files = [
  { path: "README.md", content: Buffer.from("# Amy") },
  { path: "MODEL_CARD", content: Buffer.from("licence: public domain") },
  { path: "en_US-amy-medium.onnx", content: onnx },
  { path: "en_US-amy-medium.onnx.json", content: Buffer.from("{}") },
  { path: "tokens.txt", content: Buffer.from("_ 0") },
  { path: "espeak-ng-data/phontab", content: Buffer.from("data") },
];
const pulled = ["MODEL_CARD", "en_US-amy-medium.onnx", "en_US-amy-medium.onnx.json", "tokens.txt"];

const voices = (box: Sandbox) => join(box.home, "voices");

function inVoices(box: Sandbox, folder = ""): string[] {
  return readdirSync(join(voices(box), folder)).toSorted();
}

describe("./benchai voices", () => {
  test("pulls a voice's files from the hub, checked, into a folder of its name", async () => {
    const [box, from] = [sandbox(), await hub(repo, files)];
    const result = await box.run(["voices", "pull", "en_US-amy-medium"], { HF_ENDPOINT: from.origin });
    expect(result).toMatchObject({ err: "", code: 0 });
    expect(result.out).toContain("voice 'en_US-amy-medium' is in");
    expect(inVoices(box, "en_US-amy-medium")).toEqual(pulled);
    expect(readFileSync(join(voices(box), "en_US-amy-medium/en_US-amy-medium.onnx")).equals(onnx)).toBe(true);
    expect((await box.run(["voices"])).out).toBe("en_US-amy-medium\n");
    const again = await box.run(["voices", "pull", `hf:${repo}`], { HF_ENDPOINT: from.origin });
    expect(again.out).toContain("is there already");
  });

  test("goes on where a pull broke off, and shows no half voice meanwhile", async () => {
    const [box, from] = [sandbox(), await hub(repo, files)];
    from.breakAfter.push(2, 10_000, 0, 0, 0);
    const cut = await box.run(["voices", "pull", "en_US-amy-medium"], { HF_ENDPOINT: from.origin });
    expect(cut.code).not.toBe(0);
    expect(existsSync(join(voices(box), "en_US-amy-medium"))).toBe(false);
    expect((await box.run(["voices"])).out).toContain("no neural voice");
    from.breakAfter.length = 0;
    const result = await box.run(["voices", "pull", "en_US-amy-medium"], { HF_ENDPOINT: from.origin });
    expect(result).toMatchObject({ err: "", code: 0 });
    expect(readFileSync(join(voices(box), "en_US-amy-medium/en_US-amy-medium.onnx")).equals(onnx)).toBe(true);
  });

  test("refuses what was damaged on its way, and what is no voice", async () => {
    const damaged = files.map((file) => (file.content === onnx ? { ...file, sha256: "0".repeat(64) } : file));
    const [box, from] = [sandbox(), await hub(repo, damaged)];
    const result = await box.run(["voices", "pull", "en_US-amy-medium"], { HF_ENDPOINT: from.origin });
    expect(result.err).toContain("SHA-256");
    expect(existsSync(join(voices(box), "en_US-amy-medium"))).toBe(false);
    const none = await hub("owner/none", [{ path: "README.md", content: Buffer.from("# no") }]);
    const refused = await box.run(["voices", "pull", "hf:owner/none"], { HF_ENDPOINT: none.origin });
    expect(refused.err).toContain("holds no voice");
    expect((await box.run(["voices", "pull", "../x"])).err).toContain("is no voice");
    expect((await box.run(["voices", "sing"])).err).toContain("does not know 'sing'");
  });
});
