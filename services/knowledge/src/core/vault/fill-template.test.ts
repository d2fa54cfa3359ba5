import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fillTemplate } from "./fill-template.ts";
import { type PeriodicSettings, periodicSettings } from "./periodic-settings.ts";

const nowMs = Date.UTC(2026, 10, 24, 12, 34, 56);

function fill(template: string, settings: Partial<PeriodicSettings> = {}, when: object = {}): string {
  return fillTemplate(template, {
    title: "My title",
    when: { nowMs, timeZone: "Europe/Berlin", language: "en", date: "2026-11-24", ...when },
    settings: { ...periodicSettings({}, "daily"), ...settings },
  });
}

describe("a template", () => {
  it.each([
    ["# {{title}}", "# My title"],
    ["{{date}} {{time}}", "2026-11-24 13:34"],
    ["{{ date }}|{{DATE}}|{{ Title }}", "2026-11-24|2026-11-24|My title"],
    ["{{date:dddd, D MMMM YYYY}}", "Tuesday, 24 November 2026"],
    ["{{time:HH:mm:ss}}", "13:34:56"],
    ["{{time:YYYY-MM-DD}} {{date:HH:mm}}", "2026-11-24 13:34"],
    ["{{date: YYYY }}", "2026"],
    ["{{date:[{]YYYY[}]}}", "{2026}"],
    ["{{date:gggg-[W]ww}} {{date:GGGG-[W]WW}}", "2026-W48 2026-W48"],
    ["{{time:HH:mm Z z}}.", "13:34 +01:00 ."],
    ["{{time:X}}", "1795523696"],
    ["{{yesterday}} {{tomorrow}}", "2026-11-23 2026-11-25"],
    ["{{date+1d:YYYY-MM-DD}} {{date-1d:YYYY-MM-DD}}", "2026-11-25 2026-11-23"],
    ["{{date+1d}} {{date +2w}}", "2026-11-25 2026-12-08"],
    ["{{date+1M:YYYY-MM}} {{date+1Q:YYYY-[Q]Q}} {{date+1y:YYYY}}", "2026-12 2027-Q1 2027"],
    ["{{time+90m:HH:mm}} {{time-14h:YYYY-MM-DD HH:mm}} {{time+4s:ss}}", "15:04 2026-11-23 23:34 00"],
    ["{{monday:MM-DD}} {{tuesday:MM-DD}} {{saturday:MM-DD}} {{sunday:MM-DD}}", "11-23 11-24 11-28 11-22"],
    ["{{month:YYYY-MM-DD}} {{month+1M:YYYY-MM-DD}}", "2026-11-01 2026-12-01"],
    ["{{quarter:YYYY-MM-DD}} {{year-1y:YYYY-MM-DD}}", "2026-10-01 2025-01-01"],
    ["{{year}}", "2026-01-01"],
    ["[[{{yesterday}}|<]] {{date:YYYY}}}", "[[2026-11-23|<]] 2026}"],
  ])("%j becomes %j", (template, text) => {
    expect(fill(template)).toBe(text);
  });

  it.each([
    "{{monday}}",
    "{{date:}}",
    "{{unknown}}",
    "{{title:YYYY}}",
    "{{title+1d}}",
    "{{date+1}}",
    "{{date\n:YYYY\n-MM}}",
    "{{date:YYYY",
    "date}}",
    "{{}}",
    "<% tp.date.now() %>",
    `{{date:${"Y".repeat(400)}}}`,
    "{{constructor}} {{__proto__}}",
  ])("leaves %j to others", (template) => {
    expect(fill(template)).toBe(template);
  });

  it("is filled once: what a value says is not filled again", () => {
    const filling = {
      title: "{{date}}",
      when: { nowMs, timeZone: "UTC", language: "en" },
      settings: periodicSettings({}, "daily"),
    };
    expect(fillTemplate("{{title}} {{title}}", filling)).toBe("{{date}} {{date}}");
  });

  it("shows dates and times as the settings want them, and the title as date where they want that", () => {
    expect(fill("{{date}} {{time}}", { dateFormat: "DD.MM.YYYY", timeFormat: "H[h]" })).toBe(
      "24.11.2026 13h",
    );
    expect(fill("{{date}}", { dateFormat: undefined })).toBe("My title");
    expect(fill("{{tomorrow}}", { format: "YYYY/MM/DD" })).toBe("2026/11/25");
  });

  it("has the days of the week that its note is of", () => {
    const days = "{{sunday:MM-DD}} {{monday:MM-DD}} {{sunday:dddd}}";
    expect(fill(days, { format: "GGGG-[W]WW" })).toBe("11-29 11-23 Sunday");
    expect(fill(days, { language: "de" })).toBe("11-29 11-23 Sonntag");
    expect(fill(days, { weekStart: 1 })).toBe("11-29 11-23 Sunday");
    expect(fill(days, { weekStart: 3 }, { date: "2026-11-24" })).toBe("11-22 11-23 Sunday");
  });

  it("counts days on the calendar and hours as they pass when the clocks change", () => {
    const eve = { nowMs: Date.UTC(2026, 2, 28, 12), date: "2026-03-28" };
    expect(fill("{{time+1d:HH:mm Z}} {{time+24h:HH:mm Z}}", {}, eve)).toBe("13:00 +02:00 14:00 +02:00");
    const autumn = { nowMs: Date.UTC(2026, 9, 25, 0, 30), date: "2026-10-25" };
    expect(fill("{{time:HH:mm Z}} {{time+1h:HH:mm Z}}", {}, autumn)).toBe("02:30 +02:00 02:30 +01:00");
    const hourLater = { nowMs: Date.UTC(2026, 9, 25, 1, 30), date: undefined };
    expect(fill("{{time:HH:mm Z X}}", {}, hourLater)).toBe("02:30 +01:00 1792891800");
    expect(fill("{{date+1d:HH:mm Z}} {{date-1d:HH:mm Z}}", {}, hourLater)).toBe("02:30 +01:00 02:30 +02:00");
  });

  it("ends a month that is shorter on its last day, and a leap day's year later on the 28th", () => {
    expect(fill("{{date+1M:YYYY-MM-DD}}", {}, { date: "2026-01-31" })).toBe("2026-02-28");
    expect(fill("{{date+1y:YYYY-MM-DD}} {{date+4y:MM-DD}}", {}, { date: "2024-02-29" })).toBe(
      "2025-02-28 02-29",
    );
  });

  it("has an answer for any amount", () => {
    expect(fill("{{date+999999y:YYYY}} {{date-999999y:YYYY}}")).toBe("Invalid date Invalid date");
    expect(fill("{{date-1950y:YYYY-MM-DD}} {{date-3000y:Y-MM-DD}}")).toBe("0076-11-24 -0974-11-24");
    for (let years = 273_700; years < 273_740; years += 1)
      expect(fill(`{{date+${years}y:YYYY}}`)).toBeTruthy();
  });

  it("without placeholders stays as it is, whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", "a", ":", " ", "\n", "d") }), (text) => {
        const safe = text.replaceAll("}}", "} }");
        expect(fill(safe)).toBe(safe);
      }),
    );
  });

  it("of 5 MB that was made to be slow is filled in no time", { tags: "clock" }, () => {
    const size = 5_000_000;
    for (const piece of [
      "{{",
      "}}",
      "{{date:",
      "{{date",
      "{{date   ",
      "{{date:YYYY}}",
      "{{ x }}",
      "{{date:Y",
    ])
      for (const tail of ["", "}}"]) {
        const template = piece.repeat(size / piece.length) + tail;
        const begun = performance.now();
        fill(template);
        expect(performance.now() - begun, JSON.stringify(piece)).toBeLessThan(3_000);
      }
  });
});
