import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { configuredParts } from "./assistants.ts";
import { parseConfig, problemsText } from "./config.ts";

/** The problems as `benchai.yaml` would be told to have them, or `ok`. */
function problems(text: string): string {
  const parsed = parseConfig(text);
  return parsed.ok ? "ok" : problemsText("f", parsed.problems);
}

describe("assistants and owners", () => {
  const a = "a".repeat(64);

  test("everything that can be said is understood", () => {
    const text = `
models: { qwen: { aliases: [q] } }
assistants:
  Notes helper:
    model: q
    description: knows my notes
    system: Be brief.
    voice: amy
    memory: { namespace: work }
    rag: { collections: [notes, "Große Texte"], k: 4 }
    save: true
    budgetTokens: 800
  plain: { model: not-there, memory: true, rag: false }
owners:
  local: { keys: [] }
  anna.b-1: { keys: ["${a}"] }
`;
    const parsed = parseConfig(text);
    expect(parsed.ok && configuredParts(parsed.config)).toEqual({
      assistants: [
        {
          name: "Notes helper",
          model: "q",
          description: "knows my notes",
          system: "Be brief.",
          voice: "amy",
          enrichment: {
            memory: { namespace: "work" },
            rag: { collections: ["notes", "Große Texte"], k: 4 },
            save: true,
            budget_tokens: 800,
          },
        },
        { name: "plain", model: "not-there", enrichment: { memory: true, rag: false } },
      ],
      owners: [
        { name: "local", keys: [] },
        { name: "anna.b-1", keys: [a] },
      ],
    });
  });

  test("the example says how, without a mistake", () => {
    const example = readFileSync(new URL("../../../../config/benchai.example.yaml", import.meta.url), "utf8");
    const parsed = parseConfig(example);
    expect(parsed.ok && Object.keys(parsed.config)).toEqual([
      "limits",
      "defaults",
      "models",
      "assistants",
      "owners",
    ]);
  });

  test("what is not configured is not published", () => {
    expect(configuredParts({ models: {} })).toEqual({});
  });

  test.each([
    [
      "the name of a model",
      "models: { m: {} }\nassistants:\n  m: { model: m }",
      "f:3:3: assistants.m: m is already the name of the model m; choose another",
    ],
    [
      "an alias of a model",
      "models: { m: { aliases: [x] } }\nassistants:\n  x: { model: m }",
      "f:3:3: assistants.x: x is already the name of the model m; choose another",
    ],
    [
      "an assistant as model",
      "assistants:\n  a: { model: b }\n  b: { model: m }",
      "f:2:8: assistants.a.model: b is an assistant itself; name the model that answers",
    ],
    [
      "itself as model",
      "assistants:\n  a: { model: a }",
      "f:2:8: assistants.a.model: a is an assistant itself; name the model that answers",
    ],
    ["no model", "assistants:\n  a: { system: x }", "f:2:3: assistants.a: model is missing"],
    [
      "memory that is a number",
      "assistants:\n  a: { model: m, memory: 3 }",
      "f:2:18: assistants.a.memory: expected true, false or { namespace: … }",
    ],
    [
      "an unknown setting",
      "assistants:\n  a: { model: m, file: x }",
      "f:2:18: assistants.a.file: unknown setting; accepted are model, description, system, voice, memory, rag, save, budgetTokens",
    ],
    [
      "a budget out of range",
      "assistants:\n  a: { model: m, budgetTokens: 1 }",
      "f:2:18: assistants.a.budgetTokens: expected a whole number from 64 to 1000000",
    ],
    [
      "an owner's name in capitals",
      "owners:\n  Anna: { keys: [] }",
      "f:2:3: owners.Anna: the name of an owner has 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first",
    ],
    [
      "a key that is no hash",
      "owners:\n  a: { keys: [sk-123] }",
      "f:2:15: owners.a.keys.0: expected the SHA-256 of an API key, as 64 digits of 0-9a-f",
    ],
    [
      "a key of two owners",
      `owners:\n  a: { keys: [${a}] }\n  b: { keys: [${a}] }`,
      "f:3:15: owners.b.keys.0: the same key is given to a; a key leads to one owner",
    ],
  ])("%s is told with its place", (_what, text, expected) => {
    expect(problems(text)).toBe(expected);
  });
});
