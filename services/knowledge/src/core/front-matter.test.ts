import { describe, expect, it } from "vitest";

import { readFrontMatter } from "./front-matter.ts";
import { findLines } from "./lines.ts";

const read = (yaml: string) => readFrontMatter(findLines(`---\n${yaml}\n---\nbody`));

describe("front matter", () => {
  it("gives title, tags, date and all it says", () => {
    const found = read("title: Green tea\ntags: [tea, '#hot', tea]\ndate: 2024-03-01\nrating: 5");
    expect(found).toMatchObject({ lineCount: 6, title: "Green tea", tags: ["tea", "hot"] });
    expect(found.dateMs).toBe(Date.UTC(2024, 2, 1));
    expect(found.properties).toMatchObject({ rating: 5 });
  });

  it.each([
    ["tags: tea, black tea", ["tea", "black tea"]],
    ["tags: '#tea #hot'", ["tea", "hot"]],
    ["tag: tea\ntags:\n  - 2024", ["2024", "tea"]],
    ["tags: {a: 1}", []],
  ])("takes the tags of %j", (yaml, tags) => {
    expect(read(yaml).tags).toEqual(tags);
  });

  it.each([
    ["created: 2024-03-01T10:30:00Z", Date.UTC(2024, 2, 1, 10, 30)],
    ["updated: 2024-03-01 10:30", Date.UTC(2024, 2, 1, 10, 30)],
    ["date: 2024-03-01T10:30:00+02:00", Date.UTC(2024, 2, 1, 8, 30)],
    ["date: someday\ncreated: 2024/03/01", Date.UTC(2024, 2, 1)],
    ["date: 2024-99-99", undefined],
  ])("takes the date of %j, in UTC unless it says otherwise", (yaml, dateMs) => {
    expect(read(yaml).dateMs).toBe(dateMs);
  });

  it("that is broken, too long or a bomb leaves the body and says why", () => {
    const bomb = `a: &a [x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [${"*a,".repeat(20)}]`).join("\n")}`;
    for (const yaml of ["a: [", "\tb: c", `a: ${"x".repeat(70_000)}`, bomb]) {
      const found = read(yaml);
      expect(found.lineCount).toBeGreaterThan(2);
      expect(found.properties).toHaveProperty("front_matter_problem");
    }
  });

  it("is only what stands on the first line and is closed", () => {
    for (const text of ["a\n---\nb: c\n---", "---\nb: c", "--- \nx: 1\n----", ""]) {
      expect(readFrontMatter(findLines(text)).lineCount).toBe(0);
    }
  });
});
