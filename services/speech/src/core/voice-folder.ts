import { kittenSpeakers, kokoroSpeakers, type Speaker } from "./voice-speakers.ts";

/** An entry of a voice's folder; a folder in it has 0 bytes. */
export type FolderEntry = { readonly name: string; readonly bytes: number };

export type VoiceFolder = {
  readonly name: string;
  readonly entries: readonly FolderEntry[];
  /** What stands in the `.onnx.json` beside the model, if there is one and it is JSON (Piper's description of a voice). */
  readonly description?: unknown;
};

/** What sherpa-onnx needs to know of a model, with names of files in its folder (its `OfflineTtsModelConfig`). */
export type VoiceModel = {
  readonly kind: "vits" | "kokoro" | "kitten" | "matcha";
  /** By sherpa-onnx's name of the setting. */
  readonly files: Readonly<Record<string, string>>;
  readonly lexicons: readonly string[];
  /** Whether the pronunciation rules of espeak are its own, the system's or not used. */
  readonly rules: "own" | "system" | "none";
  readonly speakers: readonly Speaker[];
};

const rulesFolder = "espeak-ng-data";
/** BCP 47 for what nobody has said. */
const unknownLanguage = "und";

/** The model in a folder, by the names of its files, or why there is none that can be used. */
export function voiceModel(folder: VoiceFolder): VoiceModel | { readonly problem: string } {
  const names = folder.entries.map(({ name }) => name);
  const models = names.filter((name) => name.endsWith(".onnx"));
  if (models.length === 0) return { problem: "it has no .onnx file" };
  if (!names.includes("tokens.txt")) return { problem: withoutTokens(names) };
  const voices = folder.entries.find(({ name }) => name === "voices.bin");
  if (voices) return inOneFile(folder, models, voices);
  const steps = models.filter((name) => /^model-steps-\d+\.onnx$/u.test(name)).toSorted(byLength);
  return steps.length > 0 ? matcha(folder, models, steps.at(-1) ?? "") : vits(folder, models);
}

function withoutTokens(names: readonly string[]): string {
  return names.some((name) => name.endsWith(".onnx.json"))
    ? "it has no tokens.txt: this is Piper's own form of a voice; ./benchai voices pull NAME gets the one that works here"
    : "it has no tokens.txt";
}

/** Kokoro and Kitten keep their speakers in `voices.bin`, and look the same otherwise. */
function inOneFile(
  folder: VoiceFolder,
  models: readonly string[],
  voices: FolderEntry,
): VoiceModel | { readonly problem: string } {
  const isKitten = /kitten/iu.test(`${folder.name} ${models.join(" ")}`);
  const speakers = isKitten ? kittenSpeakers() : kokoroSpeakers(voices.bytes);
  if (speakers.length === 0) return { problem: `its voices.bin of ${voices.bytes} bytes holds no voice` };
  return {
    kind: isKitten ? "kitten" : "kokoro",
    files: { model: modelOf(models), voices: voices.name, tokens: "tokens.txt" },
    lexicons: isKitten ? [] : lexiconsOf(folder),
    rules: rulesOf(folder),
    speakers,
  };
}

function matcha(
  folder: VoiceFolder,
  models: readonly string[],
  acousticModel: string,
): VoiceModel | { readonly problem: string } {
  const vocoder = models.find((name) => /vocos|hifigan/u.test(name));
  if (vocoder === undefined)
    return { problem: "it has no vocoder (vocos-22khz-univ.onnx or hifigan_v2.onnx)" };
  return {
    kind: "matcha",
    files: { acousticModel, vocoder, tokens: "tokens.txt" },
    ...lexiconOrRules(folder),
    speakers: [{ name: "", at: 0, language: languageOf(folder) }],
  };
}

function vits(folder: VoiceFolder, models: readonly string[]): VoiceModel {
  return {
    kind: "vits",
    files: { model: modelOf(models), tokens: "tokens.txt" },
    ...lexiconOrRules(folder),
    speakers: vitsSpeakers(folder),
  };
}

/** The most exact of several. */
function modelOf(models: readonly string[]): string {
  return models.find((name) => name === "model.onnx") ?? models.toSorted(byLength)[0] ?? "";
}

function byLength(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

/** A lexicon stands in for espeak's rules, unless the model brings them too. */
function lexiconOrRules(folder: VoiceFolder): Pick<VoiceModel, "lexicons" | "rules"> {
  const lexicons = lexiconsOf(folder);
  const rules = rulesOf(folder);
  return rules === "own" || lexicons.length === 0 ? { lexicons: [], rules } : { lexicons, rules: "none" };
}

function rulesOf({ entries }: VoiceFolder): "own" | "system" {
  return entries.some(({ name }) => name === rulesFolder) ? "own" : "system";
}

/** Kokoro has one for each sort of English, of which it takes one: the American. */
function lexiconsOf({ entries }: VoiceFolder): string[] {
  const all = entries.map(({ name }) => name).filter((name) => /^lexicon.*\.txt$/u.test(name));
  const hasAmerican = all.includes("lexicon-us-en.txt");
  return all.filter((name) => !(hasAmerican && name === "lexicon-gb-en.txt")).toSorted();
}

function vitsSpeakers(folder: VoiceFolder): Speaker[] {
  const language = languageOf(folder);
  const speakers = Object.entries(speakerIds(folder.description));
  if (speakers.length < 2) return [{ name: "", at: 0, language }];
  return speakers.map(([name, at]) => ({ name, at, language })).toSorted((a, b) => a.at - b.at);
}

function speakerIds(description: unknown): Record<string, number> {
  const ids = Object.entries(field(description, "speaker_id_map") ?? {});
  return Object.fromEntries(
    ids.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && Number(entry[1]) >= 0),
  );
}

/** As Piper describes it, else as the folder's name has it: `vits-piper-en_US-amy-low`, `vits-mms-deu`. */
function languageOf({ name, description }: VoiceFolder): string {
  const code = field(field(description, "language"), "code");
  const named =
    /(?<![a-z])[a-z]{2,3}[_-][A-Z]{2}(?![a-zA-Z])|(?<=-)(?:en|zh|de|fr|es|it|fa|cs|pl|nl)(?=-|$)/u.exec(
      name,
    )?.[0];
  try {
    const wanted = typeof code === "string" ? code : named;
    return Intl.getCanonicalLocales(wanted?.replaceAll("_", "-") ?? unknownLanguage)[0] ?? unknownLanguage;
  } catch {
    return unknownLanguage;
  }
}

function field(value: unknown, name: string): object | string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return (typeof found === "object" && found !== null) || typeof found === "string" ? found : undefined;
}
