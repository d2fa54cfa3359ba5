/** espeak's words a minute at speed 1, its default. */
const normalWpm = 175;
/** Below this espeak stays at it (measured with 1.51). */
const slowestWpm = 80;
/** Sixteen times the normal speed, up to which length goes on falling as it should (measured with 1.51). */
const fastestWpm = 2_800;

/**
 * A text of which espeak reads every sign as a sign: `[[` would begin its own phonemes, and control characters, its embedded
 * commands. Tags and entities need nothing, as long as `-m` is not given.
 */
export function plainForEspeak(text: string): string {
  return text.replaceAll(/\[(?=\[)/gu, "[ ").replaceAll(/\p{Cc}/gu, " ");
}

/** The `-s` for a multiple of the normal speed: the nearest that espeak can. */
export function wordsPerMinute(speed: number): number {
  return Math.min(fastestWpm, Math.max(slowestWpm, Math.round(normalWpm * speed)));
}
