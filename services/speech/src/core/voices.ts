import { AppError } from "@benchai/contract/errors";
import type { VoiceView } from "@benchai/contract/speech";

import type { EngineVoice } from "./voice.ts";

/** An engine's voices; engines stand in the order in which they are preferred. */
export type EngineVoices = { readonly name: string; readonly voices: readonly EngineVoice[] };

/** A voice of an engine. `key` is the name by which clients ask for it. */
export type InstalledVoice = {
  readonly key: string;
  readonly engine: string;
  readonly voice: EngineVoice;
};

export type VoiceWish = {
  /** A voice's key or `engine/id`, or one of OpenAI's names. */
  readonly voice: string;
  /** An engine's name, one of OpenAI's models, or nothing. */
  readonly model?: string | undefined;
  /** BCP 47. With it, a name of OpenAI's means a voice of this language. */
  readonly language?: string | undefined;
};

type Gender = NonNullable<EngineVoice["gender"]>;

/** OpenAI API reference, Audio, `voice`. OpenAI names no genders: these are as the voices sound. */
const openAiVoices: Readonly<Record<string, Gender>> = {
  alloy: "female",
  ash: "male",
  ballad: "male",
  cedar: "male",
  coral: "female",
  echo: "male",
  fable: "male",
  marin: "female",
  nova: "female",
  onyx: "male",
  sage: "female",
  shimmer: "female",
  verse: "male",
};

/** Models of OpenAI's that clients name out of habit; any engine answers for them. */
const openAiModels = /^(tts-1(-hd)?|gpt-.*|tts)$/u;

const defaultLanguage = "en";
const mostListed = 40;

/** Every installed voice; a name that an earlier engine has too is told apart by its engine. */
export function installedVoices(engines: readonly EngineVoices[]): readonly InstalledVoice[] {
  const taken = new Set<string>();
  const installed: InstalledVoice[] = [];
  for (const { name: engine, voices } of engines)
    for (const voice of voices) {
      const key = taken.has(voice.id) ? `${engine}/${voice.id}` : voice.id;
      taken.add(key);
      installed.push({ key, engine, voice });
    }
  return installed;
}

/**
 * The voices that may say a text, the wished one first, then for each other engine the one that is most like it: they take
 * over when an engine fails. Errors: `voice_not_found` with what there is, `model_not_found`, `speech_unavailable`.
 */
export function voiceLadder(engines: readonly EngineVoices[], wish: VoiceWish): readonly InstalledVoice[] {
  const ordered = preferred(engines, wish.model);
  const installed = installedVoices(ordered);
  if (installed.length === 0)
    throw new AppError("speech_unavailable", "no voice is installed; ./benchai doctor says what is missing");
  const first = wished(installed, wish);
  const like = {
    language: wish.language ?? first.voice.languages[0] ?? defaultLanguage,
    gender: first.voice.gender,
    place: 0,
  };
  const others = ordered
    .filter(({ name }) => name !== first.engine)
    .flatMap(
      ({ name }) =>
        mostLike(
          installed.filter((one) => one.engine === name),
          like,
        ) ?? [],
    );
  return [first, ...others];
}

/** What `GET /v1/audio/voices` lists. */
export function voiceViews(engines: readonly EngineVoices[]): VoiceView[] {
  const installed = installedVoices(engines);
  const named = Map.groupBy(
    Object.keys(openAiVoices),
    (name) => openAiVoice(installed, name, undefined)?.key ?? "",
  );
  return installed.map(({ key, engine, voice }) => ({
    id: key,
    name: voice.name,
    engine,
    languages: [...voice.languages],
    gender: voice.gender ?? null,
    aliases: named.get(key) ?? [],
  }));
}

function preferred(engines: readonly EngineVoices[], model: string | undefined): readonly EngineVoices[] {
  if (model === undefined || openAiModels.test(model)) return engines;
  const first = engines.find(({ name }) => name === model);
  if (first) return [first, ...engines.filter((engine) => engine !== first)];
  const known = engines.map(({ name }) => name).join(", ");
  throw new AppError(
    "model_not_found",
    `there is no speech model ${JSON.stringify(model)}; there are ${known}, and tts-1 means whichever speaks the voice`,
    { param: "model" },
  );
}

function wished(installed: readonly InstalledVoice[], { voice, language }: VoiceWish): InstalledVoice {
  const found =
    installed.find(({ key, engine, voice: { id } }) => key === voice || `${engine}/${id}` === voice) ??
    openAiVoice(installed, voice, language);
  if (found) return found;
  throw new AppError(
    "voice_not_found",
    `there is no voice ${JSON.stringify(voice)}; there are ${likely(installed, language).join(", ")}; GET /v1/audio/voices lists all ${installed.length}`,
    { param: "voice" },
  );
}

/** Whom somebody may have meant: OpenAI's names, and the voices of the language. */
function likely(installed: readonly InstalledVoice[], language: string = defaultLanguage): readonly string[] {
  const speaking = installed.filter(({ voice }) => languageFit(voice, language) > 0);
  return [...Object.keys(openAiVoices), ...speaking.map(({ key }) => key)].slice(0, mostListed);
}

/** A name of OpenAI's, as a voice of the most preferred engine that speaks the language. */
function openAiVoice(
  installed: readonly InstalledVoice[],
  name: string,
  language: string = defaultLanguage,
): InstalledVoice | undefined {
  if (!Object.hasOwn(openAiVoices, name)) return undefined;
  const gender = openAiVoices[name];
  const namesakes = Object.keys(openAiVoices).filter((other) => openAiVoices[other] === gender);
  const wish = { language, gender, place: namesakes.indexOf(name) };
  const speaking = installed.find(({ voice }) => languageFit(voice, language) > 0) ?? installed[0];
  return mostLike(
    installed.filter(({ engine }) => engine === speaking?.engine),
    wish,
  );
}

type Likeness = { readonly language: string; readonly gender: Gender | undefined; readonly place: number };

/** The voice that fits best; among equals the one at `place`, so that different names are different voices. */
function mostLike(voices: readonly InstalledVoice[], wish: Likeness): InstalledVoice | undefined {
  const fit = ({ voice }: InstalledVoice) =>
    languageFit(voice, wish.language) * 2 + (voice.gender === wish.gender ? 1 : 0);
  const best = Math.max(...voices.map(fit));
  const equals = voices.filter((voice) => fit(voice) === best);
  return equals[wish.place % equals.length];
}

/** 3: the same tag as the voice's first language, 2: one of its languages, 1: another region of one, 0: none. */
function languageFit({ languages }: EngineVoice, language: string): number {
  const tags = languages.map((tag) => tag.toLowerCase());
  const wanted = language.toLowerCase();
  if (tags[0] === wanted) return 3;
  if (tags.includes(wanted)) return 2;
  return tags.some((tag) => primary(tag) === primary(wanted)) ? 1 : 0;
}

function primary(tag: string): string {
  return tag.split("-", 1)[0] ?? tag;
}
