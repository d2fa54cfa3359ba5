import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { anyText } from "../../test/samples.ts";
import { parseConfig, problemsText } from "./config.ts";

/** The problems as `benchai.yaml` would be told to have them, or `ok`. */
function problems(text: string): string {
  const parsed = parseConfig(text);
  return parsed.ok ? "ok" : problemsText("f", parsed.problems);
}

describe("a good configuration", () => {
  test("an empty file, comments alone, or nothing but sections are fine", () => {
    for (const text of ["", "\n# nothing yet\n", "models: {}\nlimits: {}\ndefaults: {}"])
      expect(problems(text)).toBe("ok");
  });

  test("everything that can be said is understood", () => {
    const text = `
limits: { maxLoaded: 3, memoryMiB: 8000, loadDeadlineS: 60 }
defaults: { context: 4096, parallel: 4, idleS: 60, threads: 2, device: cpu, flags: [--mlock], image: "llama:2" }
models:
  Große KI:
    file: big.gguf
    aliases: [gpt-4o, "模型"]
    kind: embedding
    pin: true
    memoryMiB: 100
    device: gpu
`;
    expect(parseConfig(text)).toEqual({
      ok: true,
      config: {
        limits: { maxLoaded: 3, memoryMiB: 8_000, loadDeadlineS: 60 },
        defaults: {
          context: 4_096,
          parallel: 4,
          idleS: 60,
          threads: 2,
          device: "cpu",
          flags: ["--mlock"],
          image: "llama:2",
        },
        models: {
          "Große KI": {
            file: "big.gguf",
            aliases: ["gpt-4o", "模型"],
            kind: "embedding",
            pin: true,
            memoryMiB: 100,
            device: "gpu",
          },
        },
      },
    });
  });
});

describe("a bad configuration names line, column and what is accepted", () => {
  test.each([
    [
      "a number that is none",
      "defaults:\n  parallel: many",
      "f:2:3: defaults.parallel: expected a whole number from 1 to 256",
    ],
    [
      "a number out of range",
      "models:\n  a:\n    context: 3",
      "f:3:5: models.a.context: expected a whole number from 16 to 16777216",
    ],
    [
      "a fraction",
      "limits:\n  maxLoaded: 1.5",
      "f:2:3: limits.maxLoaded: expected a whole number from 1 to 1024",
    ],
    [
      "a device that is none",
      "defaults: { device: tpu }",
      "f:1:13: defaults.device: expected one of auto, cpu, gpu",
    ],
    [
      "a kind that is none",
      "models:\n  a: { kind: image }",
      "f:2:8: models.a.kind: expected one of chat, embedding, rerank, transcription",
    ],
    ["a truth that is none", "models:\n  a:\n    pin: often", "f:3:5: models.a.pin: expected true or false"],
    [
      "a text where a list belongs",
      "models:\n  a:\n    aliases: b",
      "f:3:5: models.a.aliases: expected a list of texts",
    ],
    [
      "a number in a list of texts",
      "models:\n  a:\n    flags:\n      - --ok\n      - 5",
      "f:5:9: models.a.flags.1: expected a text",
    ],
    [
      "a path as file",
      "models:\n  a:\n    file: ../x.gguf",
      "f:3:5: models.a.file: expected the name of a .gguf or .bin file in models/, without a folder",
    ],
    [
      "a file of another kind",
      "models:\n  a:\n    file: x.safetensors",
      "f:3:5: models.a.file: expected the name of a .gguf or .bin file in models/, without a folder",
    ],
    [
      "an unknown setting of a model",
      "models:\n  a:\n    contxt: 1",
      "f:3:5: models.a.contxt: unknown setting; accepted are context, parallel, idleS, threads, device, flags, image, file, aliases, kind, pin, memoryMiB",
    ],
    [
      "an unknown limit",
      "limits:\n  max: 1",
      "f:2:3: limits.max: unknown setting; accepted are maxLoaded, memoryMiB, loadDeadlineS",
    ],
    [
      "an unknown default",
      "defaults:\n  pin: true",
      "f:2:3: defaults.pin: unknown setting; accepted are context, parallel, idleS, threads, device, flags, image",
    ],
    [
      "an unknown section",
      "model: {}",
      "f:1:1: model: unknown setting; accepted are limits, defaults, models, assistants, owners",
    ],
    [
      "a section with nothing in it",
      "models:\n",
      "f:1:1: models: expected settings by name; delete the line when there are none",
    ],
    [
      "a model with nothing in it",
      "models:\n  a:\n",
      "f:2:3: models.a: expected settings by name; delete the line when there are none",
    ],
    [
      "a list as the whole file",
      "- a",
      "f:1:1: the file: expected settings by name (limits, defaults, models, assistants, owners)",
    ],
    [
      "a model that is named like a setting",
      "models:\n  device: 5",
      "f:2:3: models.device: expected settings by name; delete the line when there are none",
    ],
  ])("%s", (_what, text, expected) => {
    expect(problems(text)).toBe(expected);
  });

  test("every problem is told, in the order of the file", () => {
    const text = "limits:\n  maxLoaded: 0\nmodels:\n  a:\n    pin: 1\n    xyz: 1\n  b: 3\n";
    expect(
      problems(text)
        .split("\n")
        .map((l) => l.split(": ").slice(0, 2).join(" ")),
    ).toEqual(["f:2:3 limits.maxLoaded", "f:5:5 models.a.pin", "f:6:5 models.a.xyz", "f:7:3 models.b"]);
  });

  test("broken YAML is told with its place", () => {
    expect(problems("models:\n  a: [1, 2")).toMatch(/^f:2:\d+: Flow sequence/);
    expect(problems("a: 1\na: 2")).toBe("f:2:1: Map keys must be unique");
    expect(problems("models:\n\ta: {}")).toMatch(/^f:2:1: Tabs are not allowed/);
  });
});

describe("what a configuration may not do", () => {
  test.each([
    "--host",
    "--port=9",
    "--api-key",
    "--api_key",
    "--model-url",
    "-hf",
    "--hf-repo",
    "--tools",
    "--slot-save-path",
    "-np",
    "--ctx-size",
    "-c",
    "--path",
  ])("the flag %s is the controller's", (flag) => {
    expect(problems(`models:\n  a:\n    flags: ["${flag}"]`)).toBe(
      `f:3:13: models.a.flags.0: ${flag} cannot be set here; use the settings context, parallel and file, the rest is the controller's`,
    );
    expect(problems(`defaults:\n  flags: ["${flag}"]`)).toContain("defaults.flags.0");
  });

  test("other flags are the owner's", () => {
    const flags = ["--temp", "0", "--mlock", "--flash-attn", "on", "--port-forward"];
    expect(problems(`defaults:\n  flags: ${JSON.stringify(flags)}`)).toBe("ok");
  });

  test("a name leads to one model", () => {
    const text = "models:\n  a: { aliases: [x, b] }\n  b: { aliases: [x] }\n";
    expect(problems(text)).toBe(
      [
        "f:2:21: models.a.aliases.1: b is already the name of b; a name leads to one model",
        "f:3:18: models.b.aliases.0: x is already the name of a; a name leads to one model",
      ].join("\n"),
    );
  });
});

describe("hostile YAML", () => {
  test("a bomb of aliases is refused in no time", { tags: "clock" }, () => {
    const layers = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? "x0: &x0 [a, a]"
        : `x${i}: &x${i} [${Array(9)
            .fill(`*x${i - 1}`)
            .join()}]`,
    );
    const startMs = performance.now();
    expect(problems(layers.join("\n"))).toMatch(/^f:1:1: Excessive alias count/);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  test("an alias that names nothing, or itself, is a problem and no crash", () => {
    expect(problems("models: *nothing")).toMatch(/^f:1:9: .*nothing/);
    expect(problems("models: &m { a: *m }")).not.toBe("ok");
  });

  test("B7: __proto__ and constructor are names like any other and pollute nothing", () => {
    expect(problems("__proto__: { polluted: true }")).toContain("f:1:1: __proto__: unknown setting");
    expect(problems("constructor: 1")).toContain("f:1:1: constructor: unknown setting");
    expect(problems("models:\n  constructor: 5\n  toString: 5")).toContain("models.toString");
    const parsed = parseConfig("models:\n  __proto__: { pin: true }");
    expect(parsed.ok && Object.keys(parsed.config.models ?? {})).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["pin"]).toBeUndefined();
  });

  test("a key that is a number, a list or a date is no crash", () => {
    expect(problems("models:\n  1: { pin: 5 }")).toContain("models.1.pin: expected true or false");
    expect(problems("? [a, b]\n: 1")).toContain("unknown setting");
    expect(problems("models:\n  2024-01-01: {}")).toBe("ok");
  });

  test("a tag, a second document or a directive is no crash", () => {
    for (const text of ["!!js/function 'x'", "a: 1\n---\nb: 2", "%YAML 9.9\n---\n{}", "\u0000", "\ufeff"])
      expect(() => problems(text)).not.toThrow();
  });

  test("deep nesting is refused without a crash", () => {
    expect(() => problems("[".repeat(50_000))).not.toThrow();
    expect(() => problems(`models: ${"{a: ".repeat(5_000)}`)).not.toThrow();
  });

  test("no text at all makes it throw, and every problem has a place in the text", () => {
    const piece = fc.constantFrom(
      ..."models: limits: defaults: a: b: - [ ] { } & * ! | > ' \" # % @ ` \n   \n \t , ? 5 true null &x *x <<: ...".split(
        " ",
      ),
      "\n",
      " ",
    );
    const text = fc.oneof(
      anyText(60),
      fc.array(piece, { maxLength: 30 }).map((p) => p.join("")),
      fc.array(piece, { maxLength: 30 }).map((p) => p.join(" ")),
    );
    fc.assert(
      fc.property(text, (t) => {
        const parsed = parseConfig(t);
        if (parsed.ok) return;
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const p of parsed.problems) {
          expect(p.line).toBeGreaterThanOrEqual(1);
          expect(p.line).toBeLessThanOrEqual(t.split("\n").length + 1);
          expect(p.column).toBeGreaterThanOrEqual(1);
          expect(p.message).not.toBe("");
        }
      }),
      { numRuns: 600 },
    );
  });
});
