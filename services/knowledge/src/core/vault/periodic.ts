import { AppError } from "@benchai/contract/errors";

import { type Period, type PeriodicSettings, obsidianPath, withMd } from "./periodic-settings.ts";
import { formatWall, wallClock, type WallClock, wallDay, type WallTime, wallTime } from "./wall-clock.ts";

/** Which day is meant, and where its clocks hang. */
export type When = {
  readonly nowMs: number;
  /** IANA's name, `Europe/Berlin`. */
  readonly timeZone: string;
  /** moment's name of the language that Obsidian speaks, `en`; a vault's own setting goes before it. */
  readonly language: string;
  /** `YYYY-MM-DD`; today when it is not said. */
  readonly date?: string | undefined;
};

/** The note of the period that a day lies in, whether or not it is there. */
export type PeriodicNote = {
  readonly path: string;
  /** The name without folders and `.md`. */
  readonly title: string;
  /** The period's first day, `YYYY-MM-DD`. */
  readonly date: string;
  readonly template: string | undefined;
};

/**
 * Where Obsidian and its Periodic Notes plugin put the note of a period: the period's first day in the vault's format.
 * One thing is done better: a format with ISO weeks names the ISO week that the day lies in. The plugin takes the
 * language's first day of the week, a Sunday in English, and so names the week before (its issues 128, 218 and 266).
 */
export function periodicNote(settings: PeriodicSettings, period: Period, when: When): PeriodicNote {
  const clock = clockOf(settings, when);
  const start = startOf(period, dayOf(clock, when), settings.format);
  const name = withMd(formatWall(clock, start, settings.format));
  const path = obsidianPath(`${settings.folder}/${name}`);
  checkInside(path, settings, period);
  return {
    path,
    title: path.slice(path.lastIndexOf("/") + 1, -".md".length),
    date: start.clone().locale("en").format("YYYY-MM-DD"),
    template: settings.template,
  };
}

export function clockOf(settings: PeriodicSettings, when: When): WallClock {
  return wallClock(when.timeZone, settings.language ?? when.language, settings.weekStart);
}

/** The day that is meant, at the time of day that it is now. */
export function dayOf(clock: WallClock, when: When): WallTime {
  const now = wallTime(clock, when.nowMs);
  if (when.date === undefined) return now;
  const day = wallDay(clock, when.date);
  if (!day)
    throw new AppError("invalid_request", `${JSON.stringify(when.date)} is no day; write it as 2026-11-24`, {
      param: "date",
    });
  return day.set({ hour: now.hour(), minute: now.minute(), second: now.second() });
}

function startOf(period: Period, day: WallTime, format: string): WallTime {
  switch (period) {
    case "weekly":
      return day.clone().startOf(hasOnlyIsoWeeks(format) ? "isoWeek" : "week");
    case "monthly":
      return day.clone().startOf("month");
    case "quarterly":
      return day.clone().startOf("quarter");
    case "yearly":
      return day.clone().startOf("year");
    case "daily":
      // With its time of day, which a daily note's format may name.
      return day;
    default:
      return period satisfies never;
  }
}

/** Whether a format names weeks by ISO's tokens (`GGGG`, `WW`, `E`), and not by the language's (`gggg`, `ww`, `e`). */
export function hasOnlyIsoWeeks(format: string): boolean {
  const tokens = format.replaceAll(/\[[^[\]]*\]|\\./gu, "");
  return /[GWE]/u.test(tokens) && !/[gwe]/u.test(tokens);
}

function checkInside(path: string, settings: PeriodicSettings, period: Period): void {
  if (!path.split("/").includes("..")) return;
  throw new AppError(
    "invalid_request",
    `the vault's settings put ${period} notes at ${JSON.stringify(path)}, out of the vault; ` +
      `change folder ${JSON.stringify(settings.folder)} or format ${JSON.stringify(settings.format)} in Obsidian`,
  );
}
