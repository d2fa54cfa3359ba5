/** What a chunk should have, in UTF-16 units: neighbours are merged up to it. About 300 tokens of English. */
export const targetChars = 1_200;
/** What prose and code are split beyond. */
export const maxChars = 2_000;
/** What even a fence or a table is split beyond: no chunk is longer. */
export const hardMaxChars = 8_000;
/** Sections up to this size are merged with their siblings. */
export const tinyChars = 400;
/** A remainder up to this size joins its neighbour although the two exceed the target. */
export const scrapChars = 200;
