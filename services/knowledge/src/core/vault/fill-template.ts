import type { PeriodicSettings } from "./periodic-settings.ts";
import { clockOf, dayOf, hasOnlyIsoWeeks, type When } from "./periodic.ts";
import { addToWall, formatWall, type WallClock, type WallTime } from "./wall-clock.ts";

/** What a template is filled with. `when.date` is the note's day, a period's first one; the time of day is now's. */
export type Filling = {
  readonly title: string;
  readonly when: When;
  readonly settings: PeriodicSettings;
};

type Place = { readonly clock: WallClock; readonly day: WallTime; readonly filling: Filling };

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const longestPlaceholder = 300;

/**
 * Fills `{{title}}`, `{{date}}`, `{{time}}` and, with moment's tokens, `{{date:…}}`, `{{time:…}}` as Obsidian does, and
 * as its Periodic Notes plugin does `{{date+1d:…}}`, `{{yesterday}}`, `{{tomorrow}}`, `{{monday:…}}` to `{{sunday:…}}`,
 * `{{month:…}}`, `{{quarter:…}}`, `{{year:…}}`. What it does not know stays as it is: other plugins' placeholders do.
 */
export function fillTemplate(template: string, filling: Filling): string {
  const clock = clockOf(filling.settings, filling.when);
  const place = { clock, day: dayOf(clock, filling.when), filling };
  const known = new Map<string, string | undefined>();
  const out: string[] = [];
  let copied = 0;
  let at = 0;
  for (let close = template.indexOf("}}"); close !== -1; close = template.indexOf("}}", at)) {
    const open = template.slice(at, close).lastIndexOf("{{");
    const inside = open === -1 ? "" : template.slice(at + open + 2, close);
    if (!known.has(inside)) known.set(inside, valueOf(inside, place));
    const value = known.get(inside);
    if (value !== undefined) {
      out.push(template.slice(copied, at + open), value);
      copied = close + 2;
    }
    at = close + 2;
  }
  out.push(template.slice(copied));
  return out.join("");
}

/** `name`, an amount to add, and a format, as the plugin takes them apart; names without regard to case. */
const placeholder = /^\s*([a-z]+)\s*(?:([+-]\d{1,6})([yqmwdhs]))?\s*(?::(.*))?$/iu;

function valueOf(inside: string, place: Place): string | undefined {
  const found = inside.length <= longestPlaceholder ? placeholder.exec(inside) : null;
  if (!found) return undefined;
  const [, name = "", amount = "", unit = "", pattern] = found;
  if (amount === "" && pattern === undefined) return plainValue(name.toLowerCase(), place);
  const start = startFor(name.toLowerCase(), place);
  const format = pattern?.trim() ?? place.filling.settings.format;
  if (!start || format === "") return undefined;
  return formatWall(place.clock, addToWall(place.clock, start, Number(amount), unit), format);
}

/** The time that a placeholder with a format, or with an amount to add, means. */
function startFor(name: string, { day, filling }: Place): WallTime | undefined {
  if (name === "date" || name === "time") return day;
  if (name === "month" || name === "quarter" || name === "year") return atStart(day, name);
  const weekday = weekdays.indexOf(name);
  if (weekday === -1) return undefined;
  if (hasOnlyIsoWeeks(filling.settings.format)) return day.clone().isoWeekday(weekday === 0 ? 7 : weekday);
  const first = day.localeData().firstDayOfWeek();
  return day.clone().weekday((weekday - first + 7) % 7);
}

/** The first day, at the same time of day. */
function atStart(day: WallTime, unit: "month" | "quarter" | "year"): WallTime {
  const start = day.clone().startOf(unit);
  return start.set({ hour: day.hour(), minute: day.minute(), second: day.second() });
}

function plainValue(name: string, { clock, day, filling }: Place): string | undefined {
  const { dateFormat, timeFormat, format } = filling.settings;
  switch (name) {
    case "title":
      return filling.title;
    case "date":
      return dateFormat === undefined ? filling.title : formatWall(clock, day, dateFormat);
    case "time":
      return formatWall(clock, day, timeFormat);
    case "yesterday":
      return formatWall(clock, addToWall(clock, day, -1, "d"), format);
    case "tomorrow":
      return formatWall(clock, addToWall(clock, day, 1, "d"), format);
    case "month":
    case "quarter":
    case "year":
      return formatWall(clock, atStart(day, name), format);
    default:
      return undefined;
  }
}
