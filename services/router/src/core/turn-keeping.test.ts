import { expect, test } from "vitest";

import { type Extraction, keeping, withNote } from "./turn-keeping.ts";

test.each<[Extraction, boolean, RegExp | undefined]>([
  ["ready", true, undefined],
  ["unknown", true, /may be lost: knowledge could not be reached/],
  ["no model", false, /not kept: .*EXTRACT_MODEL/],
  ["no knowledge", false, /not kept: .*KNOWLEDGE_URL/],
])("a turn that is to be kept, extraction being %s", (extraction, isKept, note) => {
  const kept = keeping({ save: true }, "hi", extraction);
  expect(kept.isKept).toBe(isKept);
  expect(kept.note ?? "").toMatch(note ?? /^$/);
});

test("a turn that is not to be kept has no note, and one without a user's text is not kept", () => {
  for (const wish of [{}, { save: false }])
    expect(keeping(wish, "hi", "no model")).toEqual({ isKept: false, note: undefined });
  expect(keeping({ save: true }, undefined, "ready")).toMatchObject({
    isKept: false,
    note: expect.stringContaining("no user message"),
  });
});

test("a note joins the report's, and makes one where there was none", () => {
  const report = { citations: [], memories: [], tokens: 3, notes: ["a"] };
  expect(withNote(report, "b")).toEqual({ ...report, notes: ["a", "b"] });
  expect(withNote(report, undefined)).toBe(report);
  expect(withNote(undefined, "b")).toEqual({ citations: [], memories: [], tokens: 0, notes: ["b"] });
  expect(withNote(undefined, undefined)).toBeUndefined();
});
