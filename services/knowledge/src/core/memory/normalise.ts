/** A statement without what does not change what it says: width, case, runs of spaces, punctuation at its ends. */
export function normalised(content: string): string {
  return content
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\p{Cf}\p{Cc}\s]+/gu, " ")
    .replaceAll(/^[\s\p{P}]+|[\s.!。！,;…]+$/gu, "");
}

/** Words that say the same of whoever speaks: "I like tea" and "the user likes tea". */
const speaker: ReadonlySet<string> = new Set(["i", "i'm", "me", "my", "mine", "user", "users"]);
/** They carry nothing by themselves. Prepositions are not here: to and from, with and without differ. */
const filler: ReadonlySet<string> = new Set(
  "a an the is are am be that do does did really very just also please note remember".split(" "),
);

/**
 * What a statement says, word by word in order: without articles, fillers, plural and possessive endings and accents.
 * Two statements with one gist are near duplicates. Everything else is kept, so that a "not", another number, another
 * name, another order ("Ann is Bob's boss") makes another gist: taking a new statement for an old one would lose it.
 */
export function gist(content: string): string {
  const words =
    spelledOut(normalised(content)).match(/[\p{L}\p{N}\p{M}']+(?:[.,]\p{N}+)*|[+#%°$€£-]/gu) ?? [];
  const told = words
    .map((word) => plainWord(word))
    .filter((word) => word !== "" && !filler.has(word))
    .map((word) => (speaker.has(word) ? "user" : stem(word)));
  return (told[0] === "user" ? told.slice(1) : told).join(" ");
}

function spelledOut(text: string): string {
  return (
    text
      .replaceAll(/[’‘ʼ]/gu, "'")
      .replaceAll(/\bcan't\b/gu, "can not")
      .replaceAll(/\bcannot\b/gu, "can not")
      .replaceAll(/\bwon't\b/gu, "will not")
      .replaceAll(/n't\b/gu, " not")
      .replaceAll(/\bi'm\b/gu, "i am")
      .replaceAll(/\bi've\b/gu, "i have")
      .replaceAll(/\bi'd\b/gu, "i would")
      // The minus of a number counts, a hyphen does not.
      .replaceAll(/(?<=\p{L})-(?=\p{L})/gu, " ")
  );
}

function plainWord(word: string): string {
  return word
    .replace(/'s$|s'$/u, "")
    .replaceAll("'", "")
    .normalize("NFD")
    .replaceAll(/\p{Mn}/gu, "")
    .normalize("NFC");
}

/** Plural and third person; British and American spelling. No tense: what was is not what is. */
function stem(word: string): string {
  if (word === "has") return "have";
  const american =
    word.length > 4 ? word.replace("our", "or").replace(/is(e|es|ing|ed|ation)$/u, "iz$1") : word;
  if (american.length > 4 && american.endsWith("ies")) return `${american.slice(0, -3)}y`;
  if (american.length > 4 && /(?:ss|x|ch|sh)es$/u.test(american)) return american.slice(0, -2);
  return american.length > 3 && /[^sui]s$/u.test(american) ? american.slice(0, -1) : american;
}
