import { describe, expect, it } from "vitest";

import { installedVoices, voiceLadder, voiceViews } from "./voices.ts";

const espeak = {
  name: "espeak-ng",
  voices: [
    { id: "en-gb", name: "English", languages: ["en-GB"], gender: "male" },
    { id: "en-us", name: "American English", languages: ["en-US"], gender: "male" },
    { id: "en-us+f3", name: "American English, female", languages: ["en-US"], gender: "female" },
    { id: "de", name: "German", languages: ["de"], gender: "male" },
  ],
} as const;
const sherpa = {
  name: "sherpa-onnx",
  voices: [
    { id: "amy", name: "Amy", languages: ["en-US"], gender: "female" },
    { id: "ryan", name: "Ryan", languages: ["en-US"], gender: "male" },
    { id: "sky", name: "Sky", languages: ["en-US"], gender: "female" },
    { id: "de", name: "Thorsten", languages: ["de"] },
  ],
} as const;
const both = [sherpa, espeak];

function keys(...call: Parameters<typeof voiceLadder>): string[] {
  return voiceLadder(...call).map(({ key, engine }) => `${engine}:${key}`);
}

describe("the voices that say a text", () => {
  it("begin with the wished one, and go on with the one of each other engine that is most like it", () => {
    expect(keys(both, { voice: "amy" })).toEqual(["sherpa-onnx:amy", "espeak-ng:en-us+f3"]);
    expect(keys(both, { voice: "ryan" })).toEqual(["sherpa-onnx:ryan", "espeak-ng:en-us"]);
    expect(keys(both, { voice: "de" })).toEqual(["sherpa-onnx:de", "espeak-ng:espeak-ng/de"]);
  });

  it("are named with their engine where two engines have the same name", () => {
    expect(installedVoices(both).map(({ key }) => key)).toContain("espeak-ng/de");
    expect(keys(both, { voice: "espeak-ng/de" })[0]).toBe("espeak-ng:espeak-ng/de");
    expect(keys(both, { voice: "sherpa-onnx/de" })[0]).toBe("sherpa-onnx:de");
  });

  it("are OpenAI's by gender, different names different voices as far as there are some", () => {
    const first = (voice: string) => voiceLadder(both, { voice })[0]?.key;
    expect([first("alloy"), first("coral"), first("onyx")]).toEqual(["amy", "sky", "ryan"]);
  });

  it("are OpenAI's in another language where one is named", () => {
    expect(keys(both, { voice: "alloy", language: "de" })).toEqual([
      "sherpa-onnx:de",
      "espeak-ng:espeak-ng/de",
    ]);
    expect(keys([espeak], { voice: "alloy", language: "fr" })).toHaveLength(1);
  });

  it("are of the engine that the model names", () => {
    expect(keys(both, { voice: "alloy", model: "espeak-ng" })[0]).toBe("espeak-ng:en-us+f3");
    expect(keys(both, { voice: "alloy", model: "tts-1-hd" })[0]).toBe("sherpa-onnx:amy");
  });

  it("are refused with what there is: first OpenAI's names and those of the language", () => {
    expect(() => voiceLadder(both, { voice: "nobody" })).toThrow(
      /there are alloy, ash.*verse, amy, ryan.*en-gb, .*all 8$/u,
    );
    expect(() => voiceLadder(both, { voice: "nobody" })).not.toThrow(/verse,.* de[,;]/u);
    expect(() => voiceLadder(both, { voice: "nobody", language: "de-AT" })).toThrow(
      /verse, de, espeak-ng\/de; .* all 8$/u,
    );
    expect(() => voiceLadder(both, { voice: "toString" })).toThrow(/no voice/u);
    expect(() => voiceLadder(both, { voice: "amy", model: "gtp" })).toThrow(/sherpa-onnx, espeak-ng/u);
    expect(() => voiceLadder([{ name: "espeak-ng", voices: [] }], { voice: "amy" })).toThrow(
      /no voice is installed/u,
    );
  });

  it("are listed with OpenAI's names, each of which means one of them", () => {
    const aliases = voiceViews(both).flatMap((view) => view.aliases);
    expect(aliases.toSorted()).toHaveLength(13);
    expect(voiceViews(both).find(({ id }) => id === "amy")?.aliases).toContain("alloy");
  });
});
