import { seededRandom } from "../../src/core/seeded-random.ts";

/** Markdown notes of about `bytes` in all, the same for the same seed: front matter, sections, lists, code and tables. */
export function realisticNotes(bytes: number, seed: number): Buffer[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const vocabulary = Array.from({ length: 8_000 }, () => wordOf(pick));
  // Words are as unevenly used as in real text: the square of a uniform number prefers the first ones.
  const word = () => vocabulary[Math.floor(random() ** 2 * vocabulary.length)] as string;
  const words = (count: number) => Array.from({ length: count }, word).join(" ");
  const sentence = () =>
    `${words(6 + Math.floor(random() * 14))}${random() < 0.1 ? ` (${identifier()})` : ""}.`;
  const identifier = () => `\`${pick(["get", "set", "is", "on"])}${capital(word())}${capital(word())}\``;
  const paragraph = () => wrapped(Array.from({ length: 2 + Math.floor(random() * 5) }, sentence).join(" "));
  const parts = [
    paragraph,
    paragraph,
    paragraph,
    paragraph,
    () => `${"#".repeat(2 + Math.floor(random() * 2))} ${words(3)}`,
    () => Array.from({ length: 3 + Math.floor(random() * 6) }, () => `- ${sentence()}`).join("\n"),
    () =>
      `\`\`\`ts\n${Array.from({ length: 8 }, () => `const ${word()} = ${word()}(${word()});`).join("\n")}\n\`\`\``,
    () =>
      `| name | value |\n|---|---|\n${Array.from({ length: 6 }, () => `| ${words(2)} | ${words(4)} |`).join("\n")}`,
    () => `> ${sentence()}`,
  ];
  const notes: Buffer[] = [];
  for (let total = 0; total < bytes;) {
    const body = Array.from({ length: 5 + Math.floor(random() * 40) }, () => pick(parts)()).join("\n\n");
    const front = `---\ntitle: ${words(3)}\ntags: [${word()}, ${word()}]\ndate: 2024-03-01\n---\n`;
    const note = Buffer.from(`${random() < 0.5 ? front : ""}# ${words(4)}\n\n${body}\n`);
    notes.push(note);
    total += note.length;
  }
  return notes;
}

const syllables =
  "ba be bi bo da de do ka ke la le li lo ma me mi na ne no ra re ri ro sa se so ta te ti to".split(" ");

function wordOf(pick: <Item>(items: readonly Item[]) => Item): string {
  const length = pick([1, 2, 2, 3, 3, 4]);
  const word = Array.from({ length }, () => pick(syllables)).join("");
  return pick([word, word, word, word, word, word, word, `${word}ü`, capital(word)]);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function wrapped(text: string): string {
  return text.replaceAll(/(.{60,90}) /gu, "$1\n");
}
