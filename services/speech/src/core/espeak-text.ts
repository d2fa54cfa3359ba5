/** espeak's words a minute at speed 1, its default. */
const normalWpm = 175;
/** Below this espeak stays at it (measured with 1.51). */
const slowestWpm = 80;
/** Sixteen times the normal speed, up to which length goes on falling as it should (measured with 1.51). */
const fastestWpm = 2_800;

/**
 * A text without control characters, which are espeak's embedded commands or end it; every character stays at its place, as word
 * times are told by places. Tags, entities and `[[` need nothing: espeak reads them as text unless it is told otherwise.
 */
export function plainForEspeak(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

/** Words a minute for a multiple of the normal speed: the nearest that espeak can. */
export function wordsPerMinute(speed: number): number {
  return Math.min(fastestWpm, Math.max(slowestWpm, Math.round(normalWpm * speed)));
}
