import { describe, expect, it } from "vitest";

import { parseVoices, voiceFor } from "./espeak-voices.ts";

const listing = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr              
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  de              --/M      German             gmw/de               
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  en-us-nyc       --/M      English_(America,_New_York_City) gmw/en-US-nyc        
 5  en-us           --/F      us-mbrola-1        mb/mb-us1            (en 8)
 5  fr-be           --/M      French_(Belgium)   roa/fr-BE            (fr 8)
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  variant         --/F      female3            !v/f3                
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
`;
const voices = parseVoices(listing);

function chosen(id: string, language: string): string {
  const voice = voices.find((each) => each.id === id);
  if (!voice) throw new Error(`no ${id}`);
  return voiceFor(voice, language, voices).file;
}

describe("espeak's voices", () => {
  it("are those with data, each as a man and as a woman, of which none has another's name", () => {
    expect(voices.filter(({ gender }) => gender === "male").map(({ id, file }) => `${id} ${file}`)).toEqual([
      "chr-US-Qaaa-x-west iro/chr",
      "cmn sit/cmn",
      "de gmw/de",
      "en-gb gmw/en",
      "en-us gmw/en-US",
      "en-us-nyc gmw/en-US-nyc",
      "fr-be roa/fr-BE",
      "fr-fr roa/fr",
      "yue sit/yue",
      "yue-Latn-jyutping sit/yue-Latn-jyutping",
    ]);
    expect(voices).toHaveLength(20);
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
    ["en-us", "zh-Hans-CN", "sit/cmn"],
    ["en-us", "tlh", "gmw/en-US"],
    ["en-us", "not a language", "gmw/en-US"],
  ] as const)("%s says %s with %s", ([id, language, file]) => {
    expect(chosen(id, language)).toBe(file);
  });
});
