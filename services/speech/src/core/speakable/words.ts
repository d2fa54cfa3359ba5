/** The signs that have a name in every table, in mathematics or between words. */
export type Sign =
  | "="
  | "≠"
  | "≈"
  | "<"
  | ">"
  | "≤"
  | "≥"
  | "±"
  | "×"
  | "÷"
  | "+"
  | "−"
  | "√"
  | "π"
  | "∞"
  | "→"
  | "←"
  | "↔"
  | "&"
  | "%"
  | "‰"
  | "@"
  | "#"
  | "~"
  | "§"
  | "©"
  | "®"
  | "™"
  | "\\"
  | "|"
  | "/";

/** One and many, as `Intl.PluralRules` chooses: "1 dollar", "2 dollars". */
export type Forms = readonly [one: string, many: string];

/** Everything that is said and was not written, in one language. Digits are left to the engine. */
export type Words = {
  /** For `Intl`: names of months, plural rules. */
  readonly locale: string;
  /** What stands between thousands, and before the decimals. */
  readonly group: "." | "," | " ";
  readonly decimal: "." | ",";
  /** "3 virgule 14", where English says "3 point 1 4". */
  readonly decimalsTogether: boolean;
  readonly decimalWord: string;
  readonly versionWord: string;
  readonly versionPoint: string;
  readonly signs: Readonly<Record<Sign, string>>;
  readonly to: string;
  readonly per: string;
  readonly by: string;
  readonly times: string;
  readonly over: string;
  /** "7/10" as a mark. */
  readonly outOf: string;
  readonly squared: string;
  readonly cubed: string;
  readonly power: string;
  readonly squareRootOf: string;
  readonly sub: string;
  readonly dot: string;
  readonly slash: string;
  readonly colon: string;
  readonly dash: string;
  readonly underscore: string;
  readonly numberSign: string;
  readonly hashtag: string;
  readonly hex: string;
  readonly star: string;
  readonly arrow: string;
  readonly not: string;
  readonly or: string;
  readonly codeBlock: string;
  readonly image: string;
  readonly footnote: string;
  readonly done: string;
  readonly toDo: string;
  /** Signs that are all of a text or a cell: said, while decoration is not. */
  readonly aloneEmoji: Readonly<Record<string, string>>;
  readonly fractions: Readonly<Record<string, string>>;
  /** "1½" is 1, this, and the fraction. */
  readonly andFraction: string;
  /** "14:30"; minutes are null at the full hour. */
  readonly time: (hour: string, minute: string | null) => string;
  readonly dateOrder: "dmy" | "mdy";
  /** By sign or code: the unit and its hundredth. */
  readonly currencies: Readonly<Record<string, { readonly unit: Forms; readonly cent: Forms }>>;
  readonly money: (whole: string, cents: string) => string;
  /** "$5 million", "5 M€": between the amount's words. */
  readonly magnitudes: Readonly<Record<string, string>>;
  /** The currency as it follows a magnitude ("millions d'euros"). */
  readonly ofMagnitude: (unit: string) => string;
  readonly units: Readonly<Record<string, Forms>>;
  readonly footInches: (feet: string, inches: string) => string;
  /** As written, with the full stop; what it needs before or behind it says `abbreviations.ts`. */
  readonly abbreviations: Readonly<Record<string, string>>;
  /** Written ordinals, "1st": what may follow the digits; then the word for the number, or undefined. */
  readonly ordinalSuffix: RegExp;
  readonly ordinals: readonly string[];
  /** "Henry VIII": from the number (1 upwards). */
  readonly regnal: (number: number, feminine: boolean) => string;
};
