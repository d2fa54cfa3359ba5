import type { Words } from "./words.ts";

/** Signs that are letters to nobody but are counted as pictures. */
const pictures =
  /(?![©®™↔#*0-9])\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u{1F3FB}-\u{1F3FF}\uFE00-\uFE0F\u20E3]/gu;

/** Text without pictures: decoration to whoever listens. */
export function withoutEmoji(text: string): string {
  return text.replace(pictures, "");
}

/** "yes" for a text, or a table's cell, that is nothing but a tick: there the picture is what was said. */
export function aloneEmoji(text: string, words: Words): string | undefined {
  const bare = text.replace(/[\s\u{1F3FB}-\u{1F3FF}\uFE0F]/gu, "");
  return words.aloneEmoji[bare];
}
