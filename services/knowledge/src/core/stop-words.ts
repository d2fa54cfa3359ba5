/**
 * Words that stand in nearly every English text and tell nothing of what one is about. Short on purpose: a word
 * that can be a subject (`will`, `may`, `not`, `it` in capitals) costs little, a lost one costs the answer.
 */
const english = new Set(
  `a an and are as at be been being but by can could did do does doing for from had has have having he her his how i if in
  into is it its me my of on or our she should so some such than that the their them then there these they this those to
  us was we were what when where which while who whom whose why with would you your`.split(/\s+/u),
);

/** Whether a word can be left out of a query that has others. */
export function isStopWord(word: string): boolean {
  return english.has(word.toLowerCase());
}
