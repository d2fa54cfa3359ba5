/** How long a period is for which a vault has one note. */
export type Period = "daily" | "weekly" | "monthly" | "quarterly" | "yearly";

/** Where a vault keeps what decides about these notes. */
export const settingsFiles = {
  /** Obsidian's own daily notes, and its templates. */
  dailyNotes: ".obsidian/daily-notes.json",
  templates: ".obsidian/templates.json",
  /** Which community plugins are on; where it is missing, those that left settings are taken to be. */
  communityPlugins: ".obsidian/community-plugins.json",
  periodicNotes: ".obsidian/plugins/periodic-notes/data.json",
  calendar: ".obsidian/plugins/calendar/data.json",
} as const;

/** Those files' texts, as far as they are there. */
export type SettingsTexts = { readonly [file in keyof typeof settingsFiles]?: string | undefined };

export type PeriodicSettings = {
  /** "" is the vault itself. */
  readonly folder: string;
  /** moment's tokens; a slash begins a folder. */
  readonly format: string;
  /** As it was given, with `.md`; Obsidian finds it as it finds a link's target. */
  readonly template: string | undefined;
  /** What `{{date}}` stands for; undefined for the note's title. */
  readonly dateFormat: string | undefined;
  readonly timeFormat: string;
  /** 0 is Sunday; undefined leaves it to the language. */
  readonly weekStart: number | undefined;
  /** A language that the vault demands for dates, instead of the user's. */
  readonly language: string | undefined;
};

type Json = Readonly<Record<string, unknown>>;

const defaultFormats: Readonly<Record<Period, string>> = {
  daily: "YYYY-MM-DD",
  weekly: "gggg-[W]ww",
  monthly: "YYYY-MM",
  quarterly: "YYYY-[Q]Q",
  yearly: "YYYY",
};
/** The plugin's own words for the periods, since its version 1. */
const granularities = {
  daily: "day",
  weekly: "week",
  monthly: "month",
  quarterly: "quarter",
  yearly: "year",
};
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const longestSetting = 1_000;

/**
 * What the vault says of one period's notes: the Periodic Notes plugin where it is on, else Obsidian's daily notes and,
 * for weeks, the Calendar plugin; Obsidian's defaults for what is missing or broken.
 */
export function periodicSettings(texts: SettingsTexts, period: Period): PeriodicSettings {
  const calendar = isOn(texts, "calendar") ? readJson(texts.calendar) : {};
  const weekStart = weekdays.indexOf(text(calendar["weekStart"]));
  const language = text(calendar["localeOverride"]);
  return {
    ...(pluginSettings(texts, period) ?? coreSettings(texts, period, calendar)),
    weekStart: weekStart === -1 ? undefined : weekStart,
    language: language === "" || language === "system-default" ? undefined : language,
  };
}

type Found = Omit<PeriodicSettings, "weekStart" | "language">;

function pluginSettings(texts: SettingsTexts, period: Period): Found | undefined {
  if (!isOn(texts, "periodic-notes")) return undefined;
  const all = readJson(texts.periodicNotes);
  const sets = Array.isArray(all["calendarSets"]) ? all["calendarSets"].map((set) => json(set)) : [];
  const active = sets.find((set) => set["id"] === all["activeCalendarSet"]);
  const own = json(active ? active[granularities[period]] : all[period]);
  if (own["enabled"] !== true) return undefined;
  const { folder, format } = own;
  const template = own["templatePath"] ?? own["template"];
  return { ...common(period, folder, format, template), dateFormat: undefined, timeFormat: "HH:mm" };
}

function coreSettings(texts: SettingsTexts, period: Period, calendar: Json): Found {
  const { dateFormat, timeFormat } = readJson(texts.templates);
  const daily = period === "daily" ? readJson(texts.dailyNotes) : {};
  const weekly = period === "weekly" ? calendar : {};
  return {
    ...common(
      period,
      daily["folder"] ?? weekly["weeklyNoteFolder"],
      daily["format"] ?? weekly["weeklyNoteFormat"],
      daily["template"] ?? weekly["weeklyNoteTemplate"],
    ),
    dateFormat: text(dateFormat) || "YYYY-MM-DD",
    timeFormat: text(timeFormat) || "HH:mm",
  };
}

function common(period: Period, folder: unknown, format: unknown, template: unknown) {
  const templatePath = obsidianPath(text(template));
  return {
    folder: obsidianPath(text(folder)),
    format: text(format) || defaultFormats[period],
    template: templatePath === "" ? undefined : withMd(templatePath),
  };
}

function isOn(texts: SettingsTexts, plugin: string): boolean {
  const enabled = parse(texts.communityPlugins);
  return !Array.isArray(enabled) || enabled.includes(plugin);
}

function text(value: unknown): string {
  return typeof value === "string" && value.length <= longestSetting ? value.trim() : "";
}

function readJson(source: string | undefined): Json {
  return json(parse(source));
}

function json(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function parse(source: string | undefined): unknown {
  try {
    return JSON.parse((source ?? "").replace(/^\uFEFF/u, ""));
  } catch {
    return undefined;
  }
}

export function withMd(path: string): string {
  return path.endsWith(".md") ? path : `${path}.md`;
}

/** As Obsidian normalises a path: single forward slashes, none at the ends, plain spaces, NFC. */
export function obsidianPath(path: string): string {
  return path
    .replaceAll(/[\u00A0\u202F]/gu, " ")
    .split(/[\\/]/u)
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/")
    .normalize("NFC");
}
