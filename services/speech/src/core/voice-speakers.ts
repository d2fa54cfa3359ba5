/** One of the voices in a model. */
export type Speaker = {
  /** Within the model; empty when it has one voice only. */
  readonly name: string;
  /** Its place in the model (sherpa-onnx's `sid`). */
  readonly at: number;
  /** BCP 47. */
  readonly language: string;
  readonly gender?: "female" | "male";
};

/** Bytes of one speaker in Kokoro's `voices.bin`: 510 × 256 floats (sherpa-onnx, scripts/kokoro). */
const kokoroSpeakerBytes = 510 * 256 * 4;

/** In the order of their `sid` (sherpa-onnx, scripts/kokoro/v0.19 and v1.0). */
const kokoroNames: Readonly<Record<number, string>> = {
  11: "af af_bella af_nicole af_sarah af_sky am_adam am_michael bf_emma bf_isabella bm_george bm_lewis",
  53:
    "af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_nova af_river af_sarah af_sky am_adam am_echo " +
    "am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa bf_alice bf_emma bf_isabella bf_lily bm_daniel " +
    "bm_fable bm_george bm_lewis ef_dora em_alex ff_siwis hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola jf_alpha " +
    "jf_gongitsune jf_nezumi jf_tebukuro jm_kumo pf_dora pm_alex pm_santa zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi " +
    "zm_yunjian zm_yunxi zm_yunxia zm_yunyang",
};
/** The first letter of a Kokoro voice. sherpa-onnx has no rules for Japanese (`j`), so those voices are left out. */
const kokoroLanguages: Readonly<Record<string, string>> = {
  a: "en-US",
  b: "en-GB",
  e: "es",
  f: "fr",
  h: "hi",
  i: "it",
  p: "pt-BR",
  z: "zh",
};
/** sherpa-onnx, scripts/kitten-tts; the same eight in every release. */
const kittenNames = [2, 3, 4, 5].flatMap((n) => [`expr-voice-${n}-m`, `expr-voice-${n}-f`]);

/** The speakers in a `voices.bin` of Kokoro of this size; those of a release that is not known have numbers for names. */
export function kokoroSpeakers(voicesBytes: number): Speaker[] {
  const count = Math.floor(voicesBytes / kokoroSpeakerBytes);
  const names = kokoroNames[count]?.split(" ");
  if (!names) return Array.from({ length: count }, (_, at) => ({ name: `${at}`, at, language: "en-US" }));
  return names.flatMap((name, at) => {
    const language = kokoroLanguages[name.charAt(0)];
    return language ? [{ name, at, language, gender: genderOf(name.charAt(1)) }] : [];
  });
}

export function kittenSpeakers(): Speaker[] {
  return kittenNames.map((name, at) => ({ name, at, language: "en-US", gender: genderOf(name.at(-1)) }));
}

function genderOf(letter: string | undefined): "female" | "male" {
  return letter === "f" ? "female" : "male";
}
