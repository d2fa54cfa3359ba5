import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { docxOf, paragraphOf, pdfOf } from "./make-documents.ts";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const ofRepository = [
  ..."README.md ARCHITECTURE.md docker-compose.yml Dockerfile package-lock.json".split(" "),
  ..."docs launcher packages services scripts test".split(" "),
];

/** A made file: its bytes and, when it is text, what they say, its line ends being `\n`. */
type Made = { readonly bytes: Buffer; readonly text?: string };

const odd = (i: number) => `Sentence ${i} of naïve café crème, 東京 and 👩‍👩‍👧 in the kettle's harbour log.`;
const plain = (i: number) => `Boiler ${i} was serviced by engineer number ${i * 7} in the harbour.`;
const many = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i));

const note = many(120, (i) => (i % 10 === 0 ? `\n## Part ${i}\n` : odd(i))).join("\n");
const prose = many(200, odd).join("\n");
const table = ["name;note;more", ...many(300, (i) => `kettle ${i};"said ""${i}""\nand more";crème ${i}`)];
const notebook = {
  nbformat: 4,
  metadata: { language_info: { name: "python" } },
  cells: many(40, odd).flatMap((text, i) => [
    { cell_type: "markdown", source: [`## Cell ${i}\n`, text] },
    { cell_type: "code", source: `kettle_${i} = ${i}`, outputs: [{ text: [`${i}\n`] }] },
  ]),
};
const page = many(60, (i) => `<h2>Part ${i}</h2><p>${odd(i)}</p><ul><li>${plain(i)}</li></ul>`).join("\n");

const made: Readonly<Record<string, Made>> = {
  "made/crlf.md": { bytes: Buffer.from(note.replaceAll("\n", "\r\n")), text: note },
  "made/with a mark.md": { bytes: Buffer.from(`\u{feff}${note}`), text: note },
  "made/macintosh.txt": { bytes: Buffer.from(prose.replaceAll("\n", "\r")), text: prose },
  "made/wide.txt": { bytes: Buffer.from(`\u{feff}${prose}`, "utf16le"), text: prose },
  "made/western.txt": {
    bytes: Buffer.from("Größe und Maß. ".repeat(300), "latin1"),
    text: "Größe und Maß. ".repeat(300),
  },
  "made/one-line.txt": { bytes: Buffer.from(prose.replaceAll("\n", " ")), text: prose.replaceAll("\n", " ") },
  "made/one-line.json": { bytes: Buffer.from(JSON.stringify(notebook)), text: JSON.stringify(notebook) },
  "made/table.csv": { bytes: Buffer.from(table.join("\n").replaceAll("\n", "\r\n")), text: table.join("\n") },
  "made/notebook.ipynb": { bytes: Buffer.from(JSON.stringify(notebook, undefined, 1)) },
  "made/page.html": { bytes: Buffer.from(`<html><title>Log</title><body>${page}</body></html>`) },
  "made/report.docx": {
    bytes: docxOf(
      many(120, (i) =>
        paragraphOf(i % 10 === 0 ? `Part ${i}` : odd(i), i % 10 === 0 ? "Heading1" : undefined),
      ).join(""),
    ),
  },
  "made/manual.pdf": {
    bytes: pdfOf(
      many(12, (p) => many(40, (i) => plain(p * 40 + i)).join("\n")),
      "/Title (Manual)",
    ),
  },
};

/**
 * Writes a tree as people have it into `root`: this repository's own files, and notes, tables and office documents in all
 * formats, line ends and encodings. Answers with the texts of those made files whose bytes are not simply UTF-8 with `\n`.
 */
export function writeMixedTree(root: string): ReadonlyMap<string, string> {
  const filter = (path: string) => !["node_modules", ".turbo", ".benchai"].includes(basename(path));
  for (const name of ofRepository)
    cpSync(join(repository, name), join(root, "benchai", name), { recursive: true, filter });
  for (const [path, { bytes }] of Object.entries(made)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return new Map(
    Object.entries(made).flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text]])),
  );
}
