import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { anyText } from "../../test/samples.ts";
import { buildCatalogue, type Machine, type ModelFile, slotOf, stem } from "./catalogue.ts";
import type { Config } from "./config-schema.ts";
import type { GgufHeader } from "./gguf.ts";

const header: GgufHeader = {
  architecture: "llama",
  contextTokens: 32_768,
  layers: 16,
  embeddingLength: 2_048,
  heads: 32,
  kvHeads: 8,
  keyLength: 64,
  valueLength: 64,
  isEmbedding: false,
  hasPooling: false,
  poolsLast: false,
  hasCache: true,
  neededBytes: 1,
};
function file(name: string, over: Partial<ModelFile> = {}): ModelFile {
  return {
    name,
    folder: "models",
    sizeBytes: 1024 ** 3,
    modifiedMs: 1_700_000_000_999,
    header,
    problem: undefined,
    ...over,
  };
}
const machine: Machine = { hasGpu: false, memoryMiB: 16_000 };

function catalogue(files: readonly ModelFile[], config: Config = {}, on = machine) {
  return buildCatalogue(files, config, on, { llama: "llama:1", whisper: "whisper:1" });
}
const names = (files: readonly ModelFile[], config: Config = {}) =>
  catalogue(files, config).map((e) => `${e.name} <- ${e.file.name}`);

describe("the catalogue", () => {
  test("serves every file under its stem, with defaults, in the order of the names", () => {
    expect(names([file("b.gguf"), file("A.GGUF")])).toEqual(["A <- A.GGUF", "b <- b.gguf"]);
    expect(catalogue([file("qwen.gguf")])).toEqual([
      {
        name: "qwen",
        aliases: [],
        slot: "qwen",
        kind: "chat",
        needsPooling: false,
        batchTokens: undefined,
        file: { name: "qwen.gguf", folder: "models" },
        createdS: 1_700_000_000,
        sizeBytes: 1024 ** 3,
        contextTokens: 8_192,
        parallel: 2,
        memoryMiB: 1_024 + 512 + 64,
        pinned: false,
        idleAfterMs: 900_000,
        device: { wanted: "cpu", actual: "cpu" },
        threads: undefined,
        flags: [],
        image: "llama:1",
        problem: undefined,
      },
    ]);
  });

  test("a model's own settings win over the defaults, which win over the built-in ones", () => {
    const config: Config = {
      defaults: { context: 4_096, parallel: 1, idleS: 60 },
      models: { qwen: { parallel: 3, pin: true, aliases: ["gpt-4o"], memoryMiB: 9, flags: ["-x"] } },
    };
    expect(catalogue([file("qwen.gguf")], config)[0]).toMatchObject({
      contextTokens: 4_096,
      parallel: 3,
      idleAfterMs: 60_000,
      pinned: true,
      aliases: ["gpt-4o"],
      memoryMiB: 9,
      flags: ["-x"],
    });
  });

  test("a short context is not stretched, and one that the file does not tell gets the default", () => {
    const trained = (contextTokens: number) =>
      catalogue([file("a.gguf", { header: { ...header, contextTokens } })])[0]?.contextTokens;
    expect([trained(512), trained(1_000_000), trained(0)]).toEqual([512, 8_192, 8_192]);
  });

  test("a small model gets one thread, unless it is told otherwise", () => {
    const small = [file("a.gguf", { sizeBytes: 1_000 })];
    expect(catalogue(small)[0]?.threads).toBe(1);
    expect(catalogue(small, { defaults: { threads: 4 } })[0]?.threads).toBe(4);
  });

  test("an embedding model is found by its header, and can be told by the configuration", () => {
    const encoder = file("e.gguf", { header: { ...header, isEmbedding: true, hasPooling: true } });
    expect(catalogue([encoder])[0]).toMatchObject({ kind: "embedding", needsPooling: false });
    const told: Config = { models: { a: { kind: "embedding" } } };
    expect(catalogue([file("a.gguf")], told)[0]).toMatchObject({
      kind: "embedding",
      needsPooling: true,
    });
  });

  test("an encoder takes an input as long as its context in one batch, and its memory is counted", () => {
    const bge = { ...header, embeddingLength: 1_024, isEmbedding: true, hasPooling: true, hasCache: false };
    const [encoder] = catalogue([file("bge.gguf", { header: bge })]);
    expect(encoder).toMatchObject({ kind: "embedding", contextTokens: 8_192, batchTokens: 8_192 });
    expect(encoder?.memoryMiB).toBe(1_024 + (8_192 / 1_024 / 1_024) * (1_024 * 18 * 4 + 2 * 8_192) + 64);
    const own: Config = { defaults: { flags: ["-ub", "512"] } };
    const [small] = catalogue([file("bge.gguf", { header: bge })], own);
    expect(small?.batchTokens).toBe(512);
    expect(small?.memoryMiB).toBe(1_024 + 36 + 8 + 64);
  });

  test("S25: a GPU is wanted where there is one, or where it is asked for, and `actual` is the truth", () => {
    const device = (hasGpu: boolean, wish?: "auto" | "cpu" | "gpu") => {
      const config: Config = wish === undefined ? {} : { defaults: { device: wish } };
      const [entry] = catalogue([file("a.gguf")], config, { ...machine, hasGpu });
      return `${entry?.device.wanted} ${entry?.device.actual}`;
    };
    expect([device(true), device(true, "cpu"), device(true, "gpu")]).toEqual([
      "gpu gpu",
      "cpu cpu",
      "gpu gpu",
    ]);
    expect([device(false), device(false, "auto"), device(false, "gpu")]).toEqual([
      "cpu cpu",
      "cpu cpu",
      "gpu cpu",
    ]);
  });
});

describe("files and configured models", () => {
  test("a configured model takes its file away from the name of the file", () => {
    expect(names([file("big.gguf")], { models: { smart: { file: "big.gguf" } } })).toEqual([
      "smart <- big.gguf",
    ]);
  });

  test("two models can share a file", () => {
    const config: Config = {
      models: { short: { file: "a.gguf", context: 512 }, long: { file: "a.gguf" } },
    };
    expect(names([file("a.gguf")], config)).toEqual(["long <- a.gguf", "short <- a.gguf"]);
  });

  test("S10: a configured model whose file is missing says what to do", () => {
    expect(catalogue([], { models: { gone: { file: "x.gguf" } } })[0]?.problem).toBe(
      "there is no x.gguf in models/; put the file there (./benchai pull …) or correct models.gone in benchai.yaml",
    );
  });

  test("a file's own problem is the model's", () => {
    const cut = file("a.gguf", { problem: "it is cut off", header: undefined });
    expect(catalogue([cut])[0]).toMatchObject({ problem: "it is cut off", memoryMiB: 0 });
  });

  test("a split model is served, and configured, under the name without its part number", () => {
    const split = file("big-00001-of-00003.gguf");
    expect(names([split])).toEqual(["big <- big-00001-of-00003.gguf"]);
    expect(catalogue([split], { models: { big: { context: 512 } } })).toMatchObject([
      { name: "big", contextTokens: 512, problem: undefined },
    ]);
  });

  test("a name leads to one model: a file whose name is taken is served under its whole name", () => {
    expect(names([file("a.gguf"), file("b.gguf")], { models: { a: { file: "b.gguf" } } })).toEqual([
      "a <- b.gguf",
      "a.gguf <- a.gguf",
    ]);
    expect(names([file("a.GGUF"), file("a.gguf")])).toEqual(["a <- a.GGUF", "a.gguf <- a.gguf"]);
    expect(names([file("a.gguf"), file("b.gguf")], { models: { b: { aliases: ["a"] } } })).toEqual([
      "a.gguf <- a.gguf",
      "b <- b.gguf",
    ]);
  });

  test("no two models have the same name, whatever files and configuration there are", () => {
    const stems = fc.constantFrom("a", "b", "a-00001-of-00002", "c");
    const files = fc.uniqueArray(
      fc.tuple(stems, fc.constantFrom(".gguf", ".GGUF")).map(([s, end]) => file(s + end)),
      { selector: (f) => f.name },
    );
    const fileName = stems.map((s) => `${s}.gguf`);
    const models = fc.dictionary(
      fc.constantFrom("a", "b", "x"),
      fc.record({ file: fileName }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(files, models, (all, configured) => {
        const entries = catalogue(all, { models: configured });
        expect(new Set(entries.map((e) => e.name)).size).toBe(entries.length);
        expect(new Set(entries.map((e) => e.slot)).size).toBe(entries.length);
        const served = new Set(entries.map((e) => e.file.name));
        for (const f of all) expect(served.has(f.name)).toBe(true);
      }),
    );
  });
});

describe("names", () => {
  test.each([
    ["qwen.gguf", "qwen"],
    ["Qwen.GGUF", "Qwen"],
    ["a.gguf.gguf", "a.gguf"],
    ["big-00001-of-00003.gguf", "big"],
    ["big-00002-of-00003.gguf", "big-00002-of-00003"],
  ])("the stem of %s is %s", (name, expected) => {
    expect(stem(name)).toBe(expected);
  });

  test("a name that is fit for a container is its own slot, any other gets the nearest and a hash", () => {
    expect(slotOf("qwen2.5-1.5b_q4")).toBe("qwen2.5-1.5b_q4");
    expect(slotOf("Qwen")).toMatch(/^qwen-[a-z0-9]{7}$/);
    expect(slotOf("Große KI")).toMatch(/^gro-e-ki-[a-z0-9]{7}$/);
    expect(slotOf("模型")).toMatch(/^model-[a-z0-9]{7}$/);
    expect(slotOf("../../etc")).toMatch(/^etc-[a-z0-9]{7}$/);
  });

  test("no name can be chosen so that it is another's slot", () => {
    expect(slotOf(slotOf("Qwen"))).not.toBe(slotOf("Qwen"));
  });

  test("for any names: fit for a container and a folder, and different names have different slots", () => {
    const name = fc.oneof(anyText(80), fc.stringMatching(/^[a-zA-Z0-9_.-]{1,60}$/));
    fc.assert(
      fc.property(name, name, (a, b) => {
        // Docker: [a-zA-Z0-9][a-zA-Z0-9_.-]*
        expect(slotOf(a)).toMatch(/^[a-z0-9][a-z0-9_.-]{0,47}$/);
        expect(slotOf(a)).not.toContain("/");
        if (a !== b) expect(slotOf(a)).not.toBe(slotOf(b));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a transcription model", () => {
  const whisper = {
    isMultilingual: true,
    textTokens: 448,
    halfPrecisionBytes: 100 * 2 ** 20,
    neededBytes: 1,
  };
  const base = file("ggml-base.bin", { header: undefined, whisper, sizeBytes: 50 * 2 ** 20 });

  test("is every Whisper file, under its stem, one request at a time, in an image of its own", () => {
    expect(catalogue([base])[0]).toMatchObject({
      name: "ggml-base",
      slot: "ggml-base",
      kind: "transcription",
      parallel: 1,
      contextTokens: 448,
      memoryMiB: 50 + 30 + 250,
      threads: undefined,
      batchTokens: undefined,
      needsPooling: false,
      image: "whisper:1",
      problem: undefined,
    });
  });

  test("takes no flags and no image of the defaults, which are llama-server's, and its own", () => {
    const defaults = { flags: ["--temp", "0"], image: "llama:2", idleS: 5, threads: 3 };
    expect(catalogue([base], { defaults })[0]).toMatchObject({
      flags: [],
      image: "whisper:1",
      idleAfterMs: 5_000,
      threads: 3,
    });
    const models = {
      whisper: { file: "ggml-base.bin", aliases: ["whisper-1"], flags: ["-sow"], image: "w:2" },
    };
    expect(catalogue([base], { defaults, models })[0]).toMatchObject({
      name: "whisper",
      aliases: ["whisper-1"],
      flags: ["-sow"],
      image: "w:2",
    });
    expect(catalogue([file("a.gguf")], { defaults })[0]).toMatchObject({
      flags: ["--temp", "0"],
      image: "llama:2",
    });
  });

  test("is looked for with `.bin` when it is told to be one, and says when its file is missing", () => {
    const config: Config = {
      models: { "ggml-base": { kind: "transcription" }, gone: { kind: "transcription" } },
    };
    expect(catalogue([base], config).map((e) => [e.name, e.kind, e.problem?.split(";")[0]])).toEqual([
      ["ggml-base", "transcription", undefined],
      ["gone", "transcription", "there is no gone.bin in models/"],
    ]);
  });

  test("of the wrong file is a problem that names the setting", () => {
    const config: Config = {
      models: { a: { kind: "transcription", file: "a.gguf" }, "ggml-base": { kind: "chat" } },
    };
    expect(catalogue([base, file("a.gguf")], config).map((e) => [e.kind, e.problem])).toEqual([
      ["chat", "its file is for a model of kind chat; correct models.a.kind in benchai.yaml"],
      [
        "transcription",
        "its file is for a model of kind transcription; correct models.ggml-base.kind in benchai.yaml",
      ],
    ]);
  });
});
