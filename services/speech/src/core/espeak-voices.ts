import type { EngineVoice } from "../engines/engine.ts";

/** Languages whose voice is offered in a higher register too: espeak-ng's own voices are all low. */
const withHigherVoice: ReadonlySet<string> = new Set(
  "cmn cs da de en-gb en-us es fi fr-fr it ja ko nl nb pl pt pt-br ru sv tr uk".split(" "),
);
/** More voices of the language that most requests are in, so that OpenAI's names do not all sound the same. */
const moreEnglish = [
  ["en-us+f2", "female"],
  ["en-us+f4", "female"],
  ["en-us+m3", "male"],
  ["en-us+m7", "male"],
  ["en-gb+f2", "female"],
] as const;

const row = /^\s*\d+\s+(\S+)\s+\S+\s+(\S+)\s+(\S+)/u;

/**
 * The voices of `espeak-ng --voices`: priority, language, age and gender, name, file, other languages. Those of MBROLA are left
 * out: what they are made of is in packages of its own.
 */
export function espeakVoices(listing: string): readonly EngineVoice[] {
  const plain = listing.split("\n").flatMap((line) => {
    const [, id = "", name = "", file = ""] = row.exec(line) ?? [];
    return id === "" || id === "Language" || file.startsWith("mb/")
      ? []
      : [voice(id, name.replaceAll("_", " "), "male")];
  });
  const known = new Map(plain.map((one) => [one.id, one]));
  const higher = plain
    .filter(({ id }) => withHigherVoice.has(id))
    .map(({ id, name }) => voice(`${id}+f3`, `${name}, higher`, "female"));
  const english = moreEnglish.flatMap(([id, gender]) => {
    const base = known.get(id.split("+", 1)[0] ?? "");
    return base ? [voice(id, `${base.name}, ${id.split("+")[1] ?? ""}`, gender)] : [];
  });
  return [...known.values(), ...higher, ...english];
}

/** The voice that says this: another language's where the utterance is in one that the voice does not speak. */
export function voiceFor(voices: readonly EngineVoice[], id: string, language: string | undefined): string {
  const own = voices.find((one) => one.id === id)?.languages[0] ?? "";
  if (language === undefined || primary(own) === primary(language)) return id;
  const exact = voices.find(({ languages }) => languages[0]?.toLowerCase() === language.toLowerCase());
  const other = exact ?? voices.find(({ languages }) => primary(languages[0] ?? "") === primary(language));
  return other?.id ?? id;
}

function voice(id: string, name: string, gender: "male" | "female"): EngineVoice {
  const language = (id.split("+", 1)[0] ?? id).split("-");
  const tag = language.map((part, i) => (i > 0 && part.length === 2 ? part.toUpperCase() : part)).join("-");
  return { id, name, languages: [tag === "cmn" ? "zh" : tag], gender };
}

function primary(tag: string): string {
  return tag.toLowerCase().split("-", 1)[0] ?? tag;
}
