/** A voice as espeak-ng's library lists it. */
export type EspeakRow = {
  readonly name: string;
  readonly file: string;
  readonly isFemale: boolean;
  /** The voice's own language first, in espeak's writing of it. */
  readonly languages: readonly { readonly language: string; readonly priority: number }[];
};

/** A voice of ours. */
export type EspeakVoice = {
  readonly id: string;
  readonly name: string;
  /** Its file below espeak's folder of voices. */
  readonly file: string;
  /** BCP 47, and how ill each one is served: espeak's priority, where 1 is best. The voice's own comes first. */
  readonly languages: readonly Served[];
  readonly gender: Gender;
  /** Undefined for the language's plain voice. */
  readonly variant?: string;
};
type Gender = "female" | "male";
type Served = { readonly tag: string; readonly priority: number };

/** Rows without a voice behind them: Mbrola's data is not part of espeak, and a variant is no voice by itself. */
const withoutVoice = /^(?:mb\/|!v\/)/u;
/** Espeak's variants by which one language has several voices (`espeak-ng --voices=variant`). */
const variants: Readonly<Record<string, Gender>> = {
  f3: "female",
  f2: "female",
  f4: "female",
  m3: "male",
  m7: "male",
};
/** A woman's voice for every language, of the variants the one that is understood best. */
const femaleVariant = "f3";
/** The languages with all variants, since OpenAI's names are to mean different voices, and those preferred over all others. */
const manyVoiced: readonly string[] = ["en-us", "en-gb"];

/** The voices of a list with their variants, those of a language in the order in which they are preferred for it. */
export function espeakVoices(rows: readonly EspeakRow[]): EspeakVoice[] {
  const byId = new Map<string, EspeakVoice>();
  for (const voice of rows.flatMap(voiceOf)) {
    // Two ways to write one language make two voices of that name.
    const id = byId.has(voice.id) ? (voice.file.split("/").at(-1) ?? voice.file) : voice.id;
    byId.set(id, { ...voice, id });
  }
  const ordered = [...byId.values()].toSorted((a, b) => rank(a) - rank(b));
  return ordered.flatMap((voice) => {
    const more = manyVoiced.includes(voice.id) ? Object.keys(variants) : [femaleVariant];
    return [voice, ...more.map((variant) => varied(voice, variant))];
  });
}

function voiceOf({ name, file, isFemale, languages: served }: EspeakRow): EspeakVoice[] {
  const languages = languagesOf(served);
  const id = served[0]?.language ?? "";
  if (languages.length === 0 || withoutVoice.test(file)) return [];
  return [
    { id, name: name.replaceAll("_", " ").trim(), file, languages, gender: isFemale ? "female" : "male" },
  ];
}

/** The file of the voice that says this language: the given voice when it can, else one that varies as it does, if there is one. */
export function fileFor(
  voice: EspeakVoice,
  language: string | undefined,
  voices: readonly EspeakVoice[],
): string {
  const [wanted] = canonical(language ?? "");
  const plain = voices.filter(({ variant }) => variant === undefined);
  for (let tag = wanted; tag; tag = shorter(tag)) {
    if (priorityOf(voice, tag) < Infinity) return voice.file;
    const best = plain.reduce((a, b) => (priorityOf(b, tag) < priorityOf(a, tag) ? b : a), voice);
    if (best !== voice) return fileOf(best, voice.variant);
  }
  return voice.file;
}

function varied(voice: EspeakVoice, variant: string): EspeakVoice {
  const gender = variants[variant] ?? voice.gender;
  const [id, name] = [`${voice.id}+${variant}`, `${voice.name}, ${gender} ${variant.slice(1)}`];
  return { ...voice, id, name, file: fileOf(voice, variant), variant, gender };
}

function fileOf({ file }: EspeakVoice, variant: string | undefined): string {
  return variant === undefined ? file : `${file}+${variant}`;
}

/** Espeak's priority among the voices of its language, whatever the country. */
function rank(voice: EspeakVoice): number {
  const [own] = voice.languages;
  const language = own?.tag.split("-", 1)[0];
  const served = voice.languages.find(({ tag }) => tag === language) ?? own;
  const preferred = manyVoiced.indexOf(voice.id);
  return preferred < 0 ? (served?.priority ?? Infinity) : preferred - manyVoiced.length;
}

function languagesOf(served: EspeakRow["languages"]): Served[] {
  const tags = served.flatMap(({ language, priority }) =>
    canonical(language).map((tag) => ({ tag, priority })),
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
