/** A voice as `espeak-ng --voices` lists it. */
export type EspeakVoice = {
  readonly id: string;
  readonly name: string;
  /** What `-v` takes, below espeak's folder of voices. */
  readonly file: string;
  /** BCP 47, and how ill each one is served: espeak's priority, where 1 is best. The voice's own comes first. */
  readonly languages: readonly Served[];
  readonly gender: "female" | "male";
};
type Served = { readonly tag: string; readonly priority: number };

/** Priority, language, age/gender, name, file, other languages: `5  yue  --/M  Chinese_(Cantonese)  sit/yue  (zh-yue 5)(zh 8)`. */
const row =
  /^\s*(?<priority>\d+)\s+(?<language>\S+)\s+\S*\/(?<gender>[MF-])\s+(?<name>\S+)\s+(?<file>\S+)(?<others>.*)$/u;
const otherLanguage = /\((?<language>\S+)\s+(?<priority>\d+)\)/gu;
/** Rows without a voice behind them: Mbrola's data is not part of espeak, and a variant is no voice by itself. */
const withoutVoice = /^(?:mb\/|!v\/)/u;
/** A woman's voice in any language; of espeak's variants it is the one that is understood best (`!v/f3`). */
const femaleVariant = "+f3";

/** The voices of a listing, and each in a woman's voice as well. */
export function parseVoices(listing: string): EspeakVoice[] {
  const byId = new Map<string, EspeakVoice>();
  for (const voice of listing.split("\n").flatMap(parseRow)) {
    // Two ways to write one language make two voices of that name.
    const id = byId.has(voice.id) ? (voice.file.split("/").at(-1) ?? voice.file) : voice.id;
    byId.set(id, { ...voice, id });
  }
  return [...byId.values()].flatMap((voice) => [voice, inFemaleVoice(voice)]);
}

function parseRow(line: string): EspeakVoice[] {
  const { language: id = "", file = "", name = "", gender, ...more } = row.exec(line)?.groups ?? {};
  const languages = languagesOf({ ...more, language: id });
  if (languages.length === 0 || withoutVoice.test(file)) return [];
  const isFemale = gender === "F";
  return [
    { id, name: name.replaceAll("_", " ").trim(), file, languages, gender: isFemale ? "female" : "male" },
  ];
}

/** The voice that says this language: the given one when it can, another of the same sex otherwise, if there is one. */
export function voiceFor(
  voice: EspeakVoice,
  language: string | undefined,
  voices: readonly EspeakVoice[],
): EspeakVoice {
  const [wanted] = canonical(language ?? "");
  const twins = voices.filter(({ id }) => id.endsWith(femaleVariant) === voice.id.endsWith(femaleVariant));
  for (let tag = wanted; tag; tag = shorter(tag)) {
    if (priorityOf(voice, tag) < Infinity) return voice;
    const best = twins.reduce((a, b) => (priorityOf(b, tag) < priorityOf(a, tag) ? b : a), voice);
    if (best !== voice) return best;
  }
  return voice;
}

function inFemaleVoice(voice: EspeakVoice): EspeakVoice {
  const [id, file] = [`${voice.id}${femaleVariant}`, `${voice.file}${femaleVariant}`];
  return { ...voice, id, file, name: `${voice.name}, female`, gender: "female" };
}

function languagesOf({ language = "", priority, others = "" }: Record<string, string | undefined>): Served[] {
  const served = [
    { language, priority },
    ...[...others.matchAll(otherLanguage)].map(({ groups }) => ({ ...groups })),
  ];
  const tags = served.flatMap((each) =>
    canonical(each.language ?? "").map((tag) => ({ tag, priority: Number(each.priority) })),
  );
  return tags.filter(({ tag }, at) => tags.findIndex((each) => each.tag === tag) === at);
}

/** As much of a tag as is BCP 47: espeak's `en-us-nyc` is not. */
function canonical(tag: string): string[] {
  try {
    return tag === "" ? [] : Intl.getCanonicalLocales(tag);
  } catch {
    return canonical(shorter(tag));
  }
}

function shorter(tag: string): string {
  return tag.slice(0, Math.max(0, tag.lastIndexOf("-")));
}

function priorityOf(voice: EspeakVoice, tag: string): number {
  const own = voice.languages[0]?.tag === tag ? 0 : Infinity;
  return Math.min(own, voice.languages.find((served) => served.tag === tag)?.priority ?? Infinity);
}
