import type { Words } from "./words.ts";

/** Signs that are letters to nobody but are counted as pictures. */
const pictures = /(?![©®™↔#*0-9])\p{Extended_Pictographic}|\p{Regional_Indicator}/gu;
/** Colours of skin, ways of showing, the frame of a key. */
const modifiers = /\p{Emoji_Modifier}|\p{Variation_Selector}|\u20e3/gu;

/** Text without pictures: decoration to whoever listens. */
export function withoutEmoji(text: string): string {
  return text.replace(pictures, "").replace(modifiers, "");
}

/** "yes" for a text, or a table's cell, that is nothing but a tick: there the picture is what was said. */
export function aloneEmoji(text: string, words: Words): string | undefined {
  const bare = text.replace(modifiers, "").trim();
  return Object.hasOwn(words.aloneEmoji, bare) ? words.aloneEmoji[bare] : undefined;
}
