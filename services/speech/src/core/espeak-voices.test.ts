import { describe, expect, it } from "vitest";

import { type EspeakRow, espeakVoices, fileFor } from "./espeak-voices.ts";

/** As espeak 1.51 lists them: name, file, languages and how well it speaks them. */
const rows: EspeakRow[] = [
  row("Cherokee ", "iro/chr", { "chr-US-Qaaa-x-west": 5 }),
  row("Chinese (Mandarin, latin as English)", "sit/cmn", { cmn: 5, "zh-cmn": 5, zh: 5 }),
  row("German", "gmw/de", { de: 5 }),
  row("English (Great Britain)", "gmw/en", { "en-gb": 2, en: 2 }),
  row("English (America)", "gmw/en-US", { "en-us": 2, en: 3 }),
  row("English (America, New York City)", "gmw/en-US-nyc", { "en-us-nyc": 5 }),
  { ...row("us-mbrola-1", "mb/mb-us1", { "en-us": 5, en: 8 }), isFemale: true },
  row("French (Belgium)", "roa/fr-BE", { "fr-be": 5, fr: 8 }),
  row("French (France)", "roa/fr", { "fr-fr": 5, fr: 5 }),
  { ...row("female3", "!v/f3", { variant: 5 }), isFemale: true },
  row("Chinese (Cantonese)", "sit/yue", { yue: 5, "zh-yue": 5, zh: 8 }),
  row("Chinese (Cantonese, latin as Jyutping)", "sit/yue-Latn-jyutping", { yue: 5, "zh-yue": 5, zh: 8 }),
];
const voices = espeakVoices(rows);

function row(name: string, file: string, served: Record<string, number>): EspeakRow {
  const languages = Object.entries(served).map(([language, priority]) => ({ language, priority }));
  return { name, file, isFemale: false, languages };
}

function chosen(id: string, language: string): string {
  const voice = voices.find((each) => each.id === id);
  if (!voice) throw new Error(`no ${id}`);
  return fileFor(voice, language, voices);
}

describe("espeak's voices", () => {
  it("are those with data, those of a language in espeak's order, and none has another's name", () => {
    const plain = voices.filter(({ variant }) => variant === undefined);
    expect(plain.map(({ id, file }) => `${id} ${file}`)).toEqual([
      "en-us gmw/en-US",
      "en-gb gmw/en",
      "chr-US-Qaaa-x-west iro/chr",
      "cmn sit/cmn",
      "de gmw/de",
      "en-us-nyc gmw/en-US-nyc",
      "fr-fr roa/fr",
      "yue sit/yue",
      "yue-Latn-jyutping sit/yue-Latn-jyutping",
      "fr-be roa/fr-BE",
    ]);
    expect(new Set(voices.map(({ id }) => id)).size).toBe(voices.length);
  });

  it("speak as a woman in every language, and in English as several people", () => {
    const of = (language: string) => voices.filter(({ id }) => id.split("+")[0] === language);
    expect(of("de").map(({ id, gender }) => `${id} ${gender}`)).toEqual(["de male", "de+f3 female"]);
    expect(of("en-us").map(({ id }) => id)).toEqual([
      "en-us",
      ...["f3", "f2", "f4", "m3", "m7"].map((variant) => `en-us+${variant}`),
    ]);
    expect(of("en-us")[1]).toMatchObject({ name: "English (America), female 3", file: "gmw/en-US+f3" });
  });

  it("have languages in BCP 47, their own first", () => {
    const tags = Object.fromEntries(voices.map(({ id, languages }) => [id, languages.map(({ tag }) => tag)]));
    expect(tags).toMatchObject({
      "chr-US-Qaaa-x-west": ["chr-US"],
      cmn: ["zh"],
      "en-us": ["en-US", "en"],
      "en-us-nyc": ["en-US"],
      "yue+f3": ["yue", "zh"],
    });
  });

  it.for([
    ["en-us", "en-US", "gmw/en-US"],
    ["en-us", "en", "gmw/en-US"],
    ["en-us", "en-AU", "gmw/en-US"],
    ["en-us", "en-GB", "gmw/en"],
    ["de", "en", "gmw/en"],
    ["de", "en-US", "gmw/en-US"],
    ["de", "de-AT", "gmw/de"],
    ["de", "fr-CA", "roa/fr"],
    ["fr-be", "fr-CA", "roa/fr-BE"],
    ["fr-be", "fr-FR", "roa/fr"],
    ["en-us+f3", "fr", "roa/fr+f3"],
    ["en-us+m7", "de", "gmw/de+m7"],
    ["en-us", "zh-Hans-CN", "sit/cmn"],
    ["en-us", "tlh", "gmw/en-US"],
    ["en-us", "not a language", "gmw/en-US"],
  ] as const)("%s says %s with %s", ([id, language, file]) => {
    expect(chosen(id, language)).toBe(file);
  });
});
