/** Words that end with a full stop and no sentence, by their letters alone. */
const abbreviations = new RegExp(
  `(?:^|[\\s("'„“])(?:${[
    "mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\\.g|i\\.e|cf|approx|no|vol|fig|inc|ltd|co|dept|gen|col|sgt|capt|rev|hon|mt",
    "bzw|z\\.\\s?b|d\\.\\s?h|u\\.\\s?a|usw|ca|nr|str|abs|bd|hr|fr|tel|evtl|ggf|vgl|geb|jh",
    "m|mme|mlle|ex|av|env|sra|srta|ud|uds|pág|núm|sig|dott|ecc|pag|dhr|mevr|bijv|enz|blz",
  ].join("|")})\\.\\s*$`,
  "iu",
);
/** A letter alone before a full stop is a name's; a number alone, a list's or an ordinal. */
const initialOrOrdinal = /(?:^|\s)(?:\p{L}|\d{1,3})\.\s*$/u;
const startsSmall = /^["'„“(]*[\p{Ll}\p{N}]/u;

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * A text's sentences in order; together they are the text. By Unicode's rules (UAX 29, `Intl.Segmenter`), except that an
 * abbreviation, an initial, an ordinal or a full stop before a small letter ends no sentence.
 */
export function* sentencesOf(text: string, language: string): Generator<string> {
  let open = "";
  for (const { segment } of segmenterOf(language).segment(text)) {
    if (open !== "" && !isEnd(open, segment)) open += segment;
    else {
      if (open !== "") yield open;
      open = segment;
    }
  }
  if (open !== "") yield open;
}

function isEnd(before: string, after: string): boolean {
  if (/\n\s*$/u.test(before)) return true;
  if (abbreviations.test(before) || initialOrOrdinal.test(before)) return false;
  return !(/\.\s*$/u.test(before) && startsSmall.test(after) && !/\.\s*$/u.test(after.slice(0, 2)));
}

function segmenterOf(language: string): Intl.Segmenter {
  const known = segmenters.get(language) ?? new Intl.Segmenter(language, { granularity: "sentence" });
  segmenters.set(language, known);
  return known;
}
