import moment from "moment/min/moment-with-locales.js";

import { AppError } from "@benchai/contract/errors";

/**
 * A moment that shows what a clock on a wall shows. What is counted from it on the calendar may still have the offset of
 * where the counting began; `formatWall` sees to that. It is moment because Obsidian's formats are moment's, in file
 * names even.
 */
export type WallTime = moment.Moment;

/** Where the wall stands: a time zone, and moment's name of a language with its weeks. */
export type WallClock = { readonly zone: Intl.DateTimeFormat; readonly locale: string };

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** What `Date.UTC` and `Intl` agree on: the year 100 to the last day that there is. */
const oldestMs = -59_011_459_200_000;
const newestMs = 8_640_000_000_000_000;
/** Units that pass, over a change of the clocks as well; all others are counted on the calendar. */
const passingMs: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["H", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["S", 1_000],
]);

/**
 * `timeZone` is IANA's name (`Europe/Berlin`), `language` moment's (`en`, `de`, `en-gb`; English when it has no such),
 * `weekStart` (0 is Sunday) overrides the day that the language's weeks begin with.
 */
export function wallClock(timeZone: string, language: string, weekStart: number | undefined): WallClock {
  return { zone: zoneOf(timeZone), locale: localeOf(language, weekStart) };
}

function zoneOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = "numeric";
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (error) {
    throw new AppError(
      "invalid_request",
      `there is no time zone ${JSON.stringify(timeZone)}; name one like Europe/Berlin`,
      { cause: error, param: "time_zone" },
    );
  }
}

/** A name that moment does not know must not reach it: it would look for a file of that name. */
function localeOf(language: string, weekStart: number | undefined): string {
  const wanted = language.toLowerCase();
  const known = moment.locales();
  const base = [wanted, wanted.split("-")[0] ?? ""].find((name) => known.includes(name)) ?? "en";
  const data = moment.localeData(base);
  if (weekStart === undefined || weekStart === data.firstDayOfWeek()) return base;
  const name = `${base}-x-week${weekStart}`;
  if (known.includes(name)) return name;
  // As the Calendar plugin does it: the first day changes, the rule for a year's first week stays.
  moment.defineLocale(name, { parentLocale: base, week: { dow: weekStart, doy: data.firstDayOfYear() } });
  moment.locale("en");
  return name;
}

export function wallTime(clock: WallClock, epochMs: number): WallTime {
  const time = moment.utc(epochMs).utcOffset(Math.round(offsetMs(clock, epochMs) / minuteMs));
  // Obsidian's moments are local ones, which have no abbreviation; these would claim to be UTC.
  time.zoneAbbr = () => "";
  time.zoneName = () => "";
  return time.locale(clock.locale);
}

/** Midnight of a day written `YYYY-MM-DD`; undefined when there is no such day. */
export function wallDay(clock: WallClock, date: string): WallTime | undefined {
  const day = moment.utc(date, "YYYY-MM-DD", true);
  return day.isValid() ? day.locale(clock.locale) : undefined;
}

/** `unit` as moment abbreviates it: `d`, `w`, `M`, `Q`, `y`, and `h`, `m`, `s`; others add nothing. */
export function addToWall(clock: WallClock, time: WallTime, amount: number, unit: string): WallTime {
  const passing = passingMs.get(unit);
  if (passing !== undefined) return wallTime(clock, settled(clock, time).valueOf() + amount * passing);
  return time.clone().add(moment.duration({ [unit]: amount }));
}

/** In moment's tokens; offsets and epochs (`Z`, `X`) are the zone's at that time. */
export function formatWall(clock: WallClock, time: WallTime, pattern: string): string {
  return settled(clock, time).format(pattern);
}

/**
 * The same reading, with the offset that its zone has then. As everywhere in JavaScript, of two times that read the same
 * it is the first one, and what the clocks skip is read as after the gap.
 */
function settled(clock: WallClock, time: WallTime): WallTime {
  const shownMs = time.valueOf() + time.utcOffset() * minuteMs;
  const [before, after] = [-dayMs, dayMs].map((ms) => shownMs - offsetMs(clock, shownMs + ms));
  const readsSo = (ms: number | undefined): ms is number =>
    ms !== undefined && ms + offsetMs(clock, ms) === shownMs;
  return wallTime(clock, [time.valueOf(), before, after].find(readsSo) ?? before ?? shownMs);
}

/** How far the zone's clocks are ahead of UTC at an instant. */
function offsetMs(clock: WallClock, epochMs: number): number {
  if (!(epochMs >= oldestMs && epochMs <= newestMs)) return 0;
  const shown = new Map(clock.zone.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? Number.NaN;
  const wallMs = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wallMs - Math.floor(epochMs / 1000) * 1000;
}
