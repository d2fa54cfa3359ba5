import { createHash } from "node:crypto";

import type { Utterance } from "../engines/engine.ts";

/** All that decides how a sentence sounds. */
export type UtteranceKey = Utterance & {
  /** The engine's name, and its `fingerprint` of the voice. */
  readonly engine: string;
  readonly fingerprint: string;
};

/** SHA-256 in hexadecimal digits: the name of the sentence's file. */
export function hashOf(key: UtteranceKey): string {
  const { engine, voice, fingerprint, speed, language, ipa, text } = key;
  // JSON keeps fields apart whatever they hold, and tells an absent one (null) from an empty one.
  const fields = [engine, voice, fingerprint, speed, language ?? null, ipa ?? null, text];
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex");
}
