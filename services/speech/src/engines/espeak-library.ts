import koffi from "koffi";

import type { EspeakRow } from "../core/espeak-voices.ts";
import type { SpeechMark } from "../core/word-times.ts";

/** What the library gives at a time: some samples at `rateHz` and what they begin with. Return false to end it there. */
type OnSound = (samples: Int16Array, marks: readonly SpeechMark[]) => boolean;
export type EspeakLibrary = {
  readonly version: string;
  readonly rulesDir: string;
  readonly rateHz: number;
  voices(): EspeakRow[];
  /** One at a time; it calls back on this thread and works on another. Rejects for a voice file that there is not. */
  say(text: string, file: string, wpm: number, onSound: OnSound): Promise<void>;
};
type EspeakEvent = {
  readonly type: number;
  readonly text_position: number;
  readonly sample: number;
  readonly id: bigint | number;
};
type EspeakVoiceStruct = {
  readonly name: string;
  readonly languages: unknown;
  readonly identifier: string;
  readonly gender: number;
};

// espeak-ng's speak_lib.h (1.51, 1.52).
const synchronousOutput = 2;
const [phonemeEvents, doNotExit] = [1, 0x8000];
const [listEnd, wordEvent, phonemeEvent] = [0, 1, 7];
const [ratePosition, characterPosition] = [1, 1];
/**
 * UTF-8, and a pause at the end. Never 0x10, SSML, whose `<audio>` opens files and runs a shell; nor 0x100, which reads phonemes
 * in `[[ ]]`.
 */
const flags = 1 | 0x1000;
/** Each so much is a call back: small enough that an abort is seen at once. */
const bufferMs = 200;
const underscore = 0x5fn;

koffi.struct("espeak_EVENT", {
  type: "int",
  unique_identifier: "uint",
  text_position: "int",
  length: "int",
  audio_position: "int",
  sample: "int",
  user_data: "void *",
  // A union of a number, a pointer and eight characters: of phonemes, the name.
  id: "int64_t",
});
koffi.struct("espeak_VOICE", {
  name: "const char *",
  languages: "void *",
  identifier: "const char *",
  gender: "uint8_t",
  age: "uint8_t",
  variant: "uint8_t",
  xx1: "uint8_t",
  score: "int",
  spare: "void *",
});
const onSynth = koffi.proto("int espeak_callback(void *wav, int samples, void *events)");
const eventBytes = koffi.sizeof("espeak_EVENT");

/** Loads libespeak-ng and its data. Errors: what the loader says. */
export function openEspeak(file: string): EspeakLibrary {
  const library = koffi.load(file);
  const initialize = library.func(
    "int espeak_Initialize(int output, int bufferMs, const char *path, int options)",
  );
  const setCallback = library.func("void espeak_SetSynthCallback(espeak_callback *callback)");
  const info = library.func("const char *espeak_Info(_Out_ const char **path)");
  const listVoices = library.func("void *espeak_ListVoices(void *wanted)");
  const setVoice = library.func("int espeak_SetVoiceByName(const char *name)");
  const setParameter = library.func("int espeak_SetParameter(int parameter, int value, int isRelative)");
  const synth = library.func(
    "int espeak_Synth(const void *text, size_t bytes, uint position, int positionType, uint end, uint flags, void *id, void *data)",
  );
  const rateHz: number = initialize(synchronousOutput, bufferMs, null, phonemeEvents | doNotExit);
  if (rateHz <= 0) throw new Error("it finds no data: is espeak-ng-data installed?");
  const path: [string] = [""];
  const version: string = info(path);
  let onSound: OnSound = () => false;
  setCallback(
    koffi.register((wav: unknown, samples: number, events: unknown) => {
      const sound: Int16Array =
        wav && samples > 0 ? koffi.decode(wav, koffi.array("int16_t", samples, "Typed")) : new Int16Array();
      return onSound(sound, marksOf(events, rateHz)) ? 0 : 1;
    }, koffi.pointer(onSynth)),
  );
  return {
    version,
    rulesDir: path[0],
    rateHz,
    voices: () => rowsOf(listVoices(null)),
    async say(text, voiceFile, wpm, listener) {
      onSound = listener;
      if (setVoice(voiceFile) !== 0) throw new Error(`there is no voice file ${voiceFile}`);
      setParameter(ratePosition, wpm, 0);
      const bytes = Buffer.from(`${text}\0`);
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const done = (error: unknown, how: number) => (error ? reject(error) : resolve(how));
      synth.async(bytes, bytes.length, 0, characterPosition, 0, flags, null, null, done);
      const how = await promise;
      if (how !== 0) throw new Error(`espeak_Synth returned ${how}`);
    },
  };
}

function marksOf(events: unknown, rateHz: number): SpeechMark[] {
  const marks: SpeechMark[] = [];
  for (let i = 0; ; i++) {
    const event: EspeakEvent = koffi.decode(events, i * eventBytes, "espeak_EVENT");
    if (event.type === listEnd) return marks;
    const ms = (event.sample * 1_000) / rateHz;
    // Code points, of which the first is 1.
    if (event.type === wordEvent) marks.push({ kind: "word", at: event.text_position - 1, ms });
    if (event.type === phonemeEvent) marks.push({ kind: isPause(event) ? "pause" : "sound", at: 0, ms });
  }
}

/** Names of pauses begin with `_`. */
function isPause({ id }: EspeakEvent): boolean {
  return (BigInt(id) & 0xffn) === underscore;
}

function rowsOf(list: unknown): EspeakRow[] {
  const rows: EspeakRow[] = [];
  for (let i = 0; ; i++) {
    const at: unknown = koffi.decode(list, i * koffi.sizeof("void *"), "void *");
    if (!at) return rows;
    const voice: EspeakVoiceStruct = koffi.decode(at, "espeak_VOICE");
    const { name, identifier: file, gender, languages } = voice;
    rows.push({ name, file, isFemale: gender === 2, languages: languagesOf(languages) });
  }
}

/** A byte of priority and a name that ends with 0, again and again until a priority of 0. */
function languagesOf(list: unknown): EspeakRow["languages"] {
  const byteAt = (at: number): number => koffi.decode(list, at, "uint8_t");
  const languages: { language: string; priority: number }[] = [];
  for (let at = 0; byteAt(at) !== 0; at++) {
    const priority = byteAt(at++);
    const name: number[] = [];
    for (; byteAt(at) !== 0; at++) name.push(byteAt(at));
    languages.push({ language: String.fromCharCode(...name), priority });
  }
  return languages;
}
