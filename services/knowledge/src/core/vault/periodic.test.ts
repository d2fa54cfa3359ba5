import { AppError } from "@benchai/contract/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Period, type PeriodicSettings, periodicSettings } from "./periodic-settings.ts";
import { periodicNote } from "./periodic.ts";

const defaults = (period: Period) => periodicSettings({}, period);

function pathOf(
  period: Period,
  format: string,
  date: string,
  more: Partial<PeriodicSettings> & { readonly timeZone?: string; readonly nowMs?: number } = {},
): string {
  const { timeZone = "Europe/Berlin", nowMs = Date.UTC(2026, 10, 24, 12, 34, 56), ...settings } = more;
  const when = { nowMs, timeZone, language: "en", date };
  return periodicNote({ ...defaults(period), format, ...settings }, period, when).path;
}

// Days, their ISO week, and their week where it begins on Sunday and the first one holds 1 January (English), as
// another calendar library counts them.
const weeks: readonly (readonly [day: string, iso: string, english: string])[] = [
  ["1999-12-31", "1999-W52", "2000-W01"],
  ["2000-02-29", "2000-W09", "2000-W10"],
  ["2015-12-31", "2015-W53", "2016-W01"],
  ["2016-01-01", "2015-W53", "2016-W01"],
  ["2019-12-29", "2019-W52", "2020-W01"],
  ["2019-12-30", "2020-W01", "2020-W01"],
  ["2020-02-29", "2020-W09", "2020-W09"],
  ["2020-12-31", "2020-W53", "2021-W01"],
  ["2021-01-01", "2020-W53", "2021-W01"],
  ["2021-01-03", "2020-W53", "2021-W02"],
  ["2021-01-04", "2021-W01", "2021-W02"],
  ["2022-01-01", "2021-W52", "2022-W01"],
  ["2022-01-02", "2021-W52", "2022-W02"],
  ["2023-01-01", "2022-W52", "2023-W01"],
  ["2024-02-29", "2024-W09", "2024-W09"],
  ["2024-12-29", "2024-W52", "2025-W01"],
  ["2024-12-30", "2025-W01", "2025-W01"],
  ["2024-12-31", "2025-W01", "2025-W01"],
  ["2025-12-28", "2025-W52", "2026-W01"],
  ["2025-12-31", "2026-W01", "2026-W01"],
  ["2026-01-01", "2026-W01", "2026-W01"],
  ["2026-11-24", "2026-W48", "2026-W48"],
  ["2027-01-03", "2026-W53", "2027-W02"],
  ["2028-12-31", "2028-W52", "2029-W01"],
  ["2032-12-31", "2032-W53", "2033-W01"],
  ["2100-02-28", "2100-W08", "2100-W10"],
];

const named: readonly (readonly [period: Period, format: string, date: string, path: string])[] = [
  ["daily", "YYYY-MM-DD", "2024-02-29", "2024-02-29.md"],
  ["daily", "YYYY-MM-DD", "2025-12-31", "2025-12-31.md"],
  ["daily", "YYYY/MM/YYYY-MM-DD", "2026-11-04", "2026/11/2026-11-04.md"],
  ["daily", "YYYY/MM-MMMM/YYYY-MM-DD-dddd", "2026-03-01", "2026/03-March/2026-03-01-Sunday.md"],
  ["daily", "[Journal]/YYYY/[Day] DDDD", "2024-12-31", "Journal/2024/Day 366.md"],
  ["daily", "[Journal]/YYYY/[Day] DDDD", "2025-12-31", "Journal/2025/Day 365.md"],
  ["daily", "dddd[, the] Do [of] MMMM YYYY", "2026-11-22", "Sunday, the 22nd of November 2026.md"],
  ["daily", "dddd[, the] Do [of] MMMM YYYY", "2026-11-23", "Monday, the 23rd of November 2026.md"],
  ["daily", "ddd D MMM YY", "2027-01-01", "Fri 1 Jan 27.md"],
  ["daily", "dd DDD DDDo", "2024-03-01", "Fr 61 61st.md"],
  ["daily", "E e d", "2026-11-22", "7 0 0.md"],
  ["daily", "YYYY [Q]Q Qo", "2026-06-30", "2026 Q2 2nd.md"],
  ["daily", "YYYY-MM-DD HHmm", "2026-11-24", "2026-11-24 1334.md"],
  ["daily", "YYYYMMDDHHmmss", "2026-07-01", "20260701133456.md"],
  ["daily", "hh.mm a A kk", "2026-11-24", "01.34 pm PM 13.md"],
  ["daily", "YYYY-MM-DD[.md]", "2026-11-24", "2026-11-24.md"],
  ["daily", "[[YYYY]]", "2026-11-24", "[YYYY].md"],
  ["daily", "\\Y YYYY", "2026-11-24", "Y 2026.md"],
  ["daily", "L", "2026-11-24", "11/24/2026.md"],
  ["daily", "/YYYY//MM/", "2026-11-24", "2026/11/.md"],
  ["daily", "Y N", "2026-11-24", "2026 AD.md"],
  ["weekly", "gggg-[W]ww [from] MM-DD", "2026-11-28", "2026-W48 from 11-22.md"],
  ["weekly", "GGGG-[W]WW [from] MM-DD", "2026-11-29", "2026-W48 from 11-23.md"],
  ["weekly", "GGGG/[W]WW", "2024-10-28", "2024/W44.md"],
  ["weekly", "YYYY-[W]WW", "2026-04-27", "2026-W18.md"],
  ["weekly", "[week] W", "2024-06-25", "week 26.md"],
  ["monthly", "YYYY-MM", "2024-02-29", "2024-02.md"],
  ["monthly", "YYYY/MM MMMM [from] D", "2026-11-24", "2026/11 November from 1.md"],
  ["quarterly", "YYYY-[Q]Q", "2026-03-31", "2026-Q1.md"],
  ["quarterly", "YYYY-[Q]Q", "2026-04-01", "2026-Q2.md"],
  ["quarterly", "YYYY-[Q]Q [from] MM-DD", "2026-12-31", "2026-Q4 from 10-01.md"],
  ["yearly", "YYYY", "2026-12-31", "2026.md"],
  ["yearly", "[Year] YYYY [from] MM-DD", "2024-02-29", "Year 2024 from 01-01.md"],
];

describe("a periodic note's path", () => {
  it.each(weeks)("names the week of %s by its ISO week %s, in English by %s", (day, iso, english) => {
    expect(pathOf("weekly", "GGGG-[W]WW", day)).toBe(`${iso}.md`);
    expect(pathOf("weekly", "gggg-[W]ww", day)).toBe(`${english}.md`);
    expect(pathOf("weekly", "gggg-[W]ww", day, { language: "de" })).toBe(`${iso}.md`);
    expect(pathOf("weekly", "gggg-[W]ww", day, { language: "en-gb" })).toBe(`${iso}.md`);
  });

  it.each(named)("of a %s note in %j on %s is %j", (period, format, date, path) => {
    expect(pathOf(period, format, date)).toBe(path);
  });

  it("lies in the folder of the settings, whatever slashes that has", () => {
    for (const folder of ["Journal/Daily", "/Journal/Daily/", "Journal//Daily"])
      expect(pathOf("daily", "YYYY/MM-DD", "2026-11-24", { folder })).toBe("Journal/Daily/2026/11-24.md");
  });

  it("speaks the vault's language before the user's, and English for one that is not known", () => {
    const format = "MMMM dddd";
    expect(pathOf("daily", format, "2026-03-01", { language: "de" })).toBe("März Sonntag.md");
    expect(pathOf("daily", format, "2026-03-01", { language: "de-XX" })).toBe("März Sonntag.md");
    for (const language of ["xx", "../../etc/passwd", "__proto__", "constructor"])
      expect(pathOf("daily", format, "2026-03-01", { language })).toBe("March Sunday.md");
  });

  it("begins weeks on the day that the vault demands, and says so to no other vault", () => {
    const format = "gggg-[W]ww [from] MM-DD";
    expect(pathOf("weekly", format, "2026-11-22", { weekStart: 1 })).toBe("2026-W47 from 11-16.md");
    expect(pathOf("weekly", format, "2026-11-22", { weekStart: 6 })).toBe("2026-W47 from 11-21.md");
    expect(pathOf("weekly", format, "2026-11-22")).toBe("2026-W48 from 11-22.md");
    expect(pathOf("weekly", format, "2026-11-22", { language: "de", weekStart: 0 })).toMatch(/from 11-22/u);
  });

  it.each([
    ["Europe/Berlin", Date.UTC(2026, 2, 29, 0, 59), "2026-03-29 0159 +0100"],
    ["Europe/Berlin", Date.UTC(2026, 2, 29, 1, 0), "2026-03-29 0300 +0200"],
    ["Europe/Berlin", Date.UTC(2026, 9, 25, 0, 30), "2026-10-25 0230 +0200"],
    ["America/New_York", Date.UTC(2026, 10, 1, 3, 59), "2026-10-31 2359 -0400"],
    ["America/New_York", Date.UTC(2026, 10, 1, 5, 30), "2026-11-01 0130 -0400"],
    ["America/New_York", Date.UTC(2026, 10, 1, 6, 30), "2026-11-01 0130 -0500"],
    ["America/New_York", Date.UTC(2026, 10, 1, 7, 30), "2026-11-01 0230 -0500"],
    ["Asia/Kathmandu", Date.UTC(2025, 11, 31, 18, 15), "2026-01-01 0000 +0545"],
    ["Pacific/Kiritimati", Date.UTC(2025, 11, 31, 10, 0), "2026-01-01 0000 +1400"],
    ["Pacific/Niue", Date.UTC(2026, 0, 1, 10, 59), "2025-12-31 2359 -1100"],
    ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 14, 59), "2026-04-05 0159 +1100"],
    ["UTC", Date.UTC(2024, 1, 29, 23, 59), "2024-02-29 2359 +0000"],
  ])("is today's in %s at %d: %s", (timeZone, nowMs, name) => {
    const settings = { ...defaults("daily"), format: "YYYY-MM-DD HHmm ZZ" };
    const note = periodicNote(settings, "daily", { nowMs, timeZone, language: "en" });
    expect(note).toEqual({
      path: `${name}.md`,
      title: name,
      date: name.slice(0, 10),
      template: undefined,
    });
  });

  it("shows a time that the clocks skip on a given day as the hour after it", () => {
    const nowMs = Date.UTC(2026, 0, 10, 1, 30);
    expect(pathOf("daily", "HHmm Z", "2026-03-29", { nowMs })).toBe("0330 +02:00.md");
  });

  it("gives the period's first day, in plain digits whatever the language", () => {
    const when = { nowMs: 0, timeZone: "UTC", language: "ar", date: "2026-11-24" };
    const firsts = (["weekly", "monthly", "quarterly", "yearly"] as const).map(
      (period) => periodicNote(defaults(period), period, when).date,
    );
    expect(firsts).toEqual(["2026-11-21", "2026-11-01", "2026-10-01", "2026-01-01"]);
  });

  it("that leads out of the vault is refused and names the settings", () => {
    expect(() => pathOf("daily", "[..]/YYYY", "2026-11-24", { folder: "" })).toThrow(
      /out of the vault.*"\[\.\.\]/u,
    );
    expect(() => pathOf("daily", "YYYY", "2026-11-24", { folder: "../x" })).toThrow(AppError);
  });

  it.each(["2026-02-29", "24.11.2026", "2026-1-1", "tomorrow", ""])("of the day %j is refused", (date) => {
    expect(() => pathOf("daily", "YYYY", date)).toThrow(/is no day/u);
  });

  it("in a time zone that is not there is refused", () => {
    expect(() => pathOf("daily", "YYYY", "2026-11-24", { timeZone: "Mars/Olympus" })).toThrow(
      /no time zone/u,
    );
  });

  it("is the same for every day of a period, and another for the day after", () => {
    const day = fc.date({ min: new Date("1970-01-08"), max: new Date("2199-12-01"), noInvalidDate: true });
    const period = fc.constantFrom("weekly", "monthly", "quarterly", "yearly" as const);
    fc.assert(
      fc.property(day, period, (at, which) => {
        const settings = { ...defaults(which), format: "YYYY-MM-DD" };
        const on = (ms: number) =>
          periodicNote(settings, which, { nowMs: ms, timeZone: "Europe/Berlin", language: "en" });
        const first = Date.parse(`${on(at.getTime()).date}T12:00:00Z`);
        expect(on(first).date).toBe(on(at.getTime()).date);
        expect(on(first - 86_400_000).date).not.toBe(on(at.getTime()).date);
      }),
    );
  });
});
