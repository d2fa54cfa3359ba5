import { dutch } from "./words-nl.ts";
import { english } from "./words-en.ts";
import { french } from "./words-fr.ts";
import { german } from "./words-de.ts";
import { italian } from "./words-it.ts";
import { portuguese } from "./words-pt.ts";
import { spanish } from "./words-es.ts";
import type { Words } from "./words.ts";

const american = /^en(?:-\w+)?-(?:US|PH)$|^en$/iu;

const tables = new Map<string, Words>([
  ["en", english],
  ["de", german],
  ["fr", french],
  ["es", spanish],
  ["it", italian],
  ["pt", portuguese],
  ["nl", dutch],
]);

const britishDates: Words = { ...english, locale: "en-GB", dateOrder: "dmy" };

/** "pt" of "pt-BR". Anything at all may be given; what is no language tag has no table. */
export function primaryLanguage(language: string): string {
  return language.split(/[-_]/u, 1)[0]?.toLowerCase() ?? "";
}

/** The table of a BCP 47 language, or undefined: then digits and signs are the engine's. English outside America dates days first. */
export function wordsOf(language: string): Words | undefined {
  const primary = primaryLanguage(language);
  return primary === "en" && !american.test(language) ? britishDates : tables.get(primary);
}
