import { describe, expect, it } from "vitest";

import { fillTemplate } from "../src/core/vault/fill-template.ts";
import { periodicSettings, settingsFiles } from "../src/core/vault/periodic-settings.ts";
import { periodicNote } from "../src/core/vault/periodic.ts";
import { readFixtureFile, readFixtureVault } from "./support/fixture-vault.ts";

describe("the fixture vault's daily note", () => {
  const settings = periodicSettings(
    {
      dailyNotes: readFixtureFile(settingsFiles.dailyNotes),
      templates: readFixtureFile(settingsFiles.templates),
    },
    "daily",
  );
  const when = { nowMs: Date.UTC(2026, 0, 2, 11), timeZone: "Europe/Berlin", language: "en" };

  it("is the one that Obsidian made that day", () => {
    const { notes } = readFixtureVault();
    const days = ["2026-01-01", "2026-01-02", "2026-01-03"];
    const paths = days.map((date) => periodicNote(settings, "daily", { ...when, date }).path);
    expect(paths.map((path) => notes.has(path))).toEqual([true, true, true]);
  });

  it("is filled from its template", () => {
    const { title, date, template = "" } = periodicNote(settings, "daily", when);
    const filled = fillTemplate(readFixtureFile(template), { title, when: { ...when, date }, settings });
    expect(filled).toBe(
      '---\ndate: "2026-01-02"\n---\n# 2026-01-02\n\nYesterday: [[2026-01-01]]. [[Home]]\n\n## Log\n',
    );
  });
});
