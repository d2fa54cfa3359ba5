import { anyOf, perWords, type Rule } from "./rule.ts";
import type { Words } from "./words.ts";

/** Who is counted in roman numerals. Names of one language are no words of another, so one list does for all. */
const kings =
  /(?:Henry|Louis|George|Charles|Edward|William|James|Richard|Philip|Napoleon|Pius|Benedict|John Paul|Leo|Gregory|Peter|Ivan|Frederick|Ludwig|Friedrich|Wilhelm|Heinrich|Karl|Otto|Georg|Johannes Paul|Benedikt|François|Henri|Philippe|Napoléon|Jean-Paul|Felipe|Carlos|Alfonso|Fernando|Juan Pablo|Enrique|Vittorio Emanuele|Carlo|Giovanni Paolo|Luigi|Enrico|Pedro|João|João Paulo|Willem|Hendrik|Lodewijk|Karel|Filips) $/u;
const queens =
  /(?:Elizabeth|Mary|Margaret|Catherine|Elisabeth|Katharina|Margarethe|Élisabeth|Marie|Catherine|Isabel|Isabella|Elisabetta|Caterina|Maria|Margriet|Margarida) $/u;
const counted =
  /(?:War|Chapter|Part|Volume|Act|Scene|Phase|Type|Class|Book|Article|Section|Appendix|Krieg|Weltkrieg|Kapitel|Teil|Band|Phase|Typ|chapitre|Chapitre|partie|tome|acte|capítulo|Capítulo|siglo|parte|tomo|capitolo|Capitolo|secolo|século|hoofdstuk|Hoofdstuk|deel) $/u;

const values: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100 };

/** 4 for "IV", and undefined for what nobody would carve so. */
function romanValue(numeral: string): number | undefined {
  if (!/^C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/u.test(numeral) || numeral === "") return undefined;
  const digits = Array.from(numeral, (letter) => values[letter] ?? 0);
  return digits.reduce((sum, value, i) => (value < (digits[i + 1] ?? 0) ? sum - value : sum + value), 0);
}

function roman(match: RegExpExecArray, words: Words): string | undefined {
  const before = match.input.slice(Math.max(0, match.index - 32), match.index);
  const value = romanValue(match[1] ?? "");
  if (value === undefined) return undefined;
  if (counted.test(before)) return String(value);
  const regnal = queens.test(before) || kings.test(before);
  // "Henry I know" is no king.
  if (!regnal || (match[1] === "I" && /^ \p{Ll}/u.test(match.input.slice(match.index + match[0].length))))
    return undefined;
  return words.regnal(value, queens.test(before));
}

/** Read only with a number behind them, or only with a name: else they are words, or the end of a sentence. */
const beforeDigit = new Set([
  "No.",
  "Nos.",
  "S.",
  "n.",
  "pp.",
  "vol.",
  "Vol.",
  "Fig.",
  "fig.",
  "art.",
  "chap.",
  "es.",
]);
const beforeName = new Set([
  "M.",
  "Fr.",
  "St.",
  "S.",
  "Hr.",
  "Mt.",
  "Gen.",
  "Rev.",
  "Sen.",
  "Gov.",
  "Lt.",
  "Capt.",
]);

function fits(written: string, rest: string): boolean {
  const digit = beforeDigit.has(written);
  const name = beforeName.has(written);
  return (!digit && !name) || (digit && /^ ?\d/u.test(rest)) || (name && /^ ?\p{Lu}/u.test(rest));
}

function meaning(written: string, rest: string, words: Words): string | undefined {
  // Italian saints and German pages share a letter.
  if (written === "S." && words.locale === "de-DE" && !/^ ?\d/u.test(rest)) return undefined;
  if (written === "es." && words.locale === "it-IT") return abbreviations(words).get(written);
  return fits(written, rest) ? abbreviations(words).get(written) : undefined;
}

function abbreviation(match: RegExpExecArray, words: Words): string | undefined {
  const written = match[0];
  const rest = match.input.slice(match.index + written.length);
  const said =
    written === "St." && words.locale.startsWith("en") ? saintOrStreet(rest) : meaning(written, rest, words);
  return said !== undefined && written.endsWith(".") && rest.trim() === "" ? `${said}.` : said;
}

function saintOrStreet(rest: string): string {
  return /^ \p{Lu}/u.test(rest) ? "Saint" : "Street";
}

function versioned(match: RegExpExecArray, words: Words): string {
  return `${words.versionWord} ${(match[1] ?? "").replaceAll(".", ` ${words.versionPoint} `)}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The table, and what begins a sentence in it. */
const abbreviations = perWords((words) => {
  const written = Object.entries(words.abbreviations);
  const first = written.map(([key, said]) => [capitalised(key), capitalised(said)] as const);
  return new Map<string, string>([...first, ...written]);
});

/** Whether a word may be the beginning of an abbreviation without a full stop. */
export function isAbbreviated(word: string, words: Words): boolean {
  return abbreviations(words).has(word);
}

const known = perWords((words): Rule => {
  const street = words.locale.startsWith("en") ? ["St."] : [];
  return {
    pattern: new RegExp(`${anyOf([...abbreviations(words).keys(), ...street])}(?![\\p{L}\\p{N}])`, "uy"),
    say: abbreviation,
  };
});

const fixed: readonly Rule[] = [
  { pattern: /[vV](?:ersion )?(\d+(?:\.\d+)*)(?![\p{L}\p{N}])/uy, say: versioned },
  { pattern: /([IVXLC]+)(?:\.(?= \p{Ll})|(?![\p{L}\p{N}]))/uy, say: roman },
  { pattern: /C\+\+/uy, say: (_, words) => `C ${words.signs["+"]} ${words.signs["+"]}` },
  { pattern: /([CF])#(?![\p{L}\p{N}])/uy, say: (m) => `${m[1]} sharp` },
];

/** Rules that begin at a letter and are no addresses. */
export const nameRules = perWords((words): readonly Rule[] => [known(words), ...fixed]);
