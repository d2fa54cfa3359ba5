import { describe, expect, it } from "vitest";

import { periodicSettings, type SettingsTexts } from "./periodic-settings.ts";

const say = (value: unknown) => JSON.stringify(value);
const defaults = {
  folder: "",
  format: "YYYY-MM-DD",
  template: undefined,
  dateFormat: "YYYY-MM-DD",
  timeFormat: "HH:mm",
  weekStart: undefined,
  language: undefined,
};

describe("a vault's settings for periodic notes", () => {
  it("are Obsidian's defaults where there are none", () => {
    expect(periodicSettings({}, "daily")).toEqual(defaults);
    const formats = (["weekly", "monthly", "quarterly", "yearly"] as const).map(
      (period) => periodicSettings({}, period).format,
    );
    expect(formats).toEqual(["gggg-[W]ww", "YYYY-MM", "YYYY-[Q]Q", "YYYY"]);
  });

  it.each(["", "{", "null", "[]", "7", '"x"', say({ format: 7, folder: [], template: {} }), "\0"])(
    "are the defaults where every file says %j",
    (text) => {
      const broken = { dailyNotes: text, periodicNotes: text, templates: text, calendar: text };
      expect(periodicSettings({ ...broken, communityPlugins: text }, "daily")).toEqual(defaults);
    },
  );

  it("are the core plugin's for daily notes, byte order mark or not", () => {
    const texts = {
      dailyNotes: `\uFEFF${say({ folder: " Journal/ ", format: "YYYY/MM-DD", template: "Templates/Daily" })}`,
      templates: say({ folder: "Templates", dateFormat: "DD.MM.YYYY", timeFormat: "H:mm" }),
    };
    expect(periodicSettings(texts, "daily")).toMatchObject({
      folder: "Journal",
      format: "YYYY/MM-DD",
      template: "Templates/Daily.md",
      dateFormat: "DD.MM.YYYY",
      timeFormat: "H:mm",
    });
    expect(periodicSettings(texts, "weekly")).toMatchObject({ folder: "", template: undefined });
  });

  it("are the Periodic Notes plugin's where that has the period switched on", () => {
    const periodicNotes = say({
      daily: { enabled: true, folder: "D", format: "", template: "T/D.md" },
      weekly: { enabled: false, folder: "W", format: "x" },
      monthly: { enabled: true, folder: "M", format: "YYYY.MM" },
    });
    const texts = { periodicNotes, dailyNotes: say({ folder: "core" }) };
    expect(periodicSettings(texts, "daily")).toMatchObject({
      folder: "D",
      format: "YYYY-MM-DD",
      template: "T/D.md",
      dateFormat: undefined,
    });
    expect(periodicSettings(texts, "weekly")).toMatchObject({ folder: "", format: "gggg-[W]ww" });
    expect(periodicSettings(texts, "monthly")).toMatchObject({ folder: "M", format: "YYYY.MM" });
  });

  it("are its active calendar set's since its version 1", () => {
    const set = (id: string, folder: string) => ({
      id,
      quarter: { enabled: true, folder, format: "YYYY-Q", templatePath: "T" },
    });
    const periodicNotes = say({
      calendarSets: [set("Default", "A"), set("work", "B")],
      activeCalendarSet: "work",
    });
    expect(periodicSettings({ periodicNotes }, "quarterly")).toMatchObject({
      folder: "B",
      format: "YYYY-Q",
      template: "T.md",
    });
    expect(periodicSettings({ periodicNotes }, "daily")).toEqual(defaults);
  });

  it("are nobody's whose plugin is switched off", () => {
    const texts: SettingsTexts = {
      periodicNotes: say({ daily: { enabled: true, folder: "D" } }),
      calendar: say({ weekStart: "monday", localeOverride: "de" }),
      communityPlugins: say(["dataview"]),
    };
    expect(periodicSettings(texts, "daily")).toEqual(defaults);
    const on = { ...texts, communityPlugins: say(["periodic-notes", "calendar"]) };
    expect(periodicSettings(on, "daily")).toMatchObject({ folder: "D", weekStart: 1, language: "de" });
  });

  it("are the Calendar plugin's for weeks", () => {
    const calendar = say({
      weekStart: "locale",
      localeOverride: "system-default",
      weeklyNoteFormat: "GGGG-[W]WW",
      weeklyNoteFolder: "Weeks",
      weeklyNoteTemplate: "/T/Week",
    });
    expect(periodicSettings({ calendar }, "weekly")).toMatchObject({
      folder: "Weeks",
      format: "GGGG-[W]WW",
      template: "T/Week.md",
      weekStart: undefined,
      language: undefined,
    });
  });

  it("that are too long to be meant are not taken", () => {
    expect(periodicSettings({ dailyNotes: say({ format: "Y".repeat(2_000) }) }, "daily")).toEqual(defaults);
  });
});
