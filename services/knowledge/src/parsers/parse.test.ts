import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { docxOf, paragraphOf, pdfOf } from "../../test/support/make-documents.ts";
import { expectSoundChunks, expectWholeText } from "../../test/support/sound-chunks.ts";
import { formatOf } from "./formats.ts";
import { parseDocument } from "./parse.ts";

const parse = (path: string, content: string | Uint8Array, mediaType?: string) =>
  parseDocument({ path, bytes: Buffer.from(content), ...(mediaType && { mediaType }) });
const long = (text: string) => `${text} `.repeat(Math.ceil(900 / text.length)).trim();

describe("the format of a file", () => {
  it.each([
    ["a/Note.MD", undefined, "markdown"],
    ["a.b/README", undefined, "text"],
    ["Dockerfile", undefined, "code"],
    ["x.h", undefined, "code"],
    ["book.ipynb", undefined, "ipynb"],
    ["upload", "text/html; charset=utf-8", "html"],
    ["upload", "text/x-python", "code"],
    ["data.csv", "text/plain", "csv"],
    ["photo.jpg", "image/jpeg", undefined],
    ["md", undefined, undefined],
    ["archive.constructor", undefined, undefined],
  ])("%s (%s) is %s", (path, mediaType, format) => {
    expect(formatOf(path, mediaType)).toBe(format);
  });

  it("that is not supported is refused by name", async () => {
    await expect(parse("photo.jpg", "x")).rejects.toMatchObject({ code: "unsupported_media_type" });
  });
});

describe("the text of a file", () => {
  it.each([
    ["UTF-8 with a mark", Buffer.from("\u{feff}größe\n"), "größe\n"],
    ["UTF-16 little endian", Buffer.from("\u{feff}größe\n", "utf16le"), "größe\n"],
    ["UTF-16 big endian", Buffer.from("\u{feff}größe\n", "utf16le").swap16(), "größe\n"],
    ["Windows-1252", Buffer.from("The word is gr\u{f6}\u{df}e \u{93}", "latin1"), "The word is größe “"],
    [
      "UTF-8 that ends in the middle of a character",
      Buffer.from("größe, ä, ö, ü, ß").subarray(0, -1),
      "größe, ä, ö, ü, \u{fffd}",
    ],
    ["lines that end with CR LF", Buffer.from("a\r\nb\r\n"), "a\nb\n"],
    ["lines that end with CR", Buffer.from("a\rb\r"), "a\nb\n"],
  ])("is read from %s", async (_, bytes, text) => {
    expect((await parse("a.txt", bytes)).text).toBe(text);
  });

  it("is refused with the reason when it is binary", async () => {
    await expect(parse("a.md", "a\0b")).rejects.toThrow(/a\.md is not text: it has NUL bytes/u);
    const noise = Uint8Array.from({ length: 4_000 }, (_, i) => 1 + ((i * 7_919) % 255));
    await expect(parse("a.md", noise)).rejects.toMatchObject({ code: "document_unreadable" });
  });
});

describe("a parsed document", () => {
  it("has sound chunks in every format that is text, whatever it holds", async () => {
    const paths = ["a.md", "a.txt", "a.ts", "a.py", "a.csv", "a.json", "a.jsonl", "a.html", "a.unknown.sql"];
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(
        '"a","b\nc"',
        "{",
        "}",
        '"k": [',
        "]",
        "function f() {",
        "/* c */",
        "class A:",
        "  def f(self):",
        "<p>x",
        "<pre>",
        "a;b;c",
      ),
      fc.constantFrom("x", "é ", "👩‍👩‍👧").map((unit) => unit.repeat(3_000)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.array(line, { maxLength: 60 }), async (path, lines) => {
        const bytes = Buffer.from(lines.join("\n").replaceAll("\0", "").replaceAll("\u{feff}", ""));
        const document = await parseDocument({ path, bytes });
        expectSoundChunks(document);
        if (path !== "a.html" && document.properties["front_matter_problem"] === undefined)
          expectWholeText(document);
      }),
      { numRuns: 100 },
    );
  });

  it("of Markdown has the front matter's title, tags and date, and chunks of the body", async () => {
    const note = await parse("tea.md", `---\r\ntitle: Tea\r\ntags: [a]\r\n---\r\n# Green\r\n\r\ncup\r\n`);
    expect(note).toMatchObject({ title: "Tea", tags: ["a"], properties: { title: "Tea" } });
    expect(note.chunks).toMatchObject([{ startLine: 5, endLine: 7, text: "# Green\n\ncup" }]);
    expect((await parse("a/tea.v2.md", "x")).title).toBe("tea.v2");
    expect((await parse("tea.md", "intro\n\n# Green")).title).toBe("Green");
  });

  it("of a note with nothing but front matter is found by that", async () => {
    const { chunks } = await parse("tea.md", "---\ntags: [a]\n---\n");
    expect(chunks).toMatchObject([{ startLine: 1, endLine: 3 }]);
  });

  it("of code has a chunk for each large declaration with its comments, below the names around it", async () => {
    const body = "    call();\n".repeat(60);
    const method = (name: string) => `  /** Does ${name}. */\n  ${name}() {\n${body}  }\n`;
    const code = `import a from "a";\n\n/** A kettle. */\nexport class Kettle {\n${method("boil")}\n${method("pour")}\n${method("clean")}}\n`;
    const document = await parse("kettle.ts", code);
    expectWholeText(document);
    expect(document.chunks.map(({ headingPath }) => headingPath.join("."))).toEqual([
      "",
      "Kettle.boil",
      "Kettle.pour",
      "Kettle.clean",
    ]);
    expect(document.chunks[2]?.text).toMatch(/^ {2}\/\*\* Does pour/u);
  });

  it.each([
    [
      "a.py",
      (body: string) =>
        `class A:\n    def f(self):\n        """Doc."""\n${body.replaceAll(/^/gmu, "        ")}\n    def g(self):\n        pass\n`,
      "A.f",
    ],
    ["a.go", (body: string) => `package a\n\n// F does it.\nfunc F() {\n${body}\n}\n`, "F"],
    ["a.c", (body: string) => `#include <x.h>\n\nint f(int a) {\n${body}\n}\n`, "f"],
    ["a.rs", (body: string) => `impl Kettle {\n  fn boil(&self) {\n${body}\n  }\n}\n`, "Kettle.boil"],
    ["A.java", (body: string) => `class A {\n  void f() {\n${body}\n  }\n}\n`, "A.f"],
    ["a.rb", (body: string) => `class A\n  def f\n${body}\n  end\nend\n`, "A.f"],
    ["a.php", (body: string) => `<?php\nclass A {\n  function f() {\n${body}\n  }\n}\n`, "A.f"],
    ["a.cs", (body: string) => `namespace N {\nclass A {\n  void F() {\n${body}\n  }\n}\n}\n`, "N.A.F"],
    ["a.tsx", (body: string) => `export const Kettle = () => {\n${body}\n};\n`, "Kettle"],
    ["a.js", (body: string) => `function f() {\n${body}\n}\n`, "f"],
    ["a.sh", (body: string) => `f() {\n${body.replaceAll(/[();]/gu, "")}\n}\n`, "f"],
    ["a.ps1", (body: string) => `function f {\n${body}\n}\n`, ""],
    ["a.css", () => "a { color: red }\n".repeat(150), ""],
  ])("of %s is read by its syntax tree", async (path, codeOf, name) => {
    const body = Array.from({ length: 400 }, () => "call(1);").join("\n");
    const document = await parse(path, codeOf(body));
    expectSoundChunks(document);
    expectWholeText(document);
    expect(document.chunks.length).toBeGreaterThan(1);
    expect(document.chunks.map(({ headingPath }) => headingPath.join("."))).toContain(name);
  });

  it("of HTML is its text as Markdown, without scripts and styles", async () => {
    const html = `<html><head><title>Tea &amp; more</title><style>p{}</style></head><body><script>evil()</script><h1>Green</h1><p>A <b>cup</b>.</p><table><tr><th>a</th></tr><tr><td>1</td></tr></table></body></html>`;
    const document = await parse("a.html", html);
    expect(document.title).toBe("Tea & more");
    expect(document.text).toMatch(/# Green\n\nA \*\*cup\*\*\./u);
    expect(document.text).not.toMatch(/evil|p\{\}|Tea/u);
    expect(document.chunks[0]?.headingPath).toEqual(["Green"]);
  });

  it("of a docx has its headings and text", async () => {
    const body = [
      paragraphOf("Green tea", "Heading1"),
      paragraphOf("A cup at four."),
      paragraphOf("Größe 😀"),
    ];
    const document = await parse("tea.docx", docxOf(body.join("")));
    expectSoundChunks(document);
    expect(document).toMatchObject({ format: "docx", title: "Green tea" });
    expect(document.chunks[0]?.text).toContain("A cup at four.\n\nGröße 😀");
  });

  it("of a PDF has chunks by page, its title and date", async () => {
    const pdf = pdfOf(
      ["Green tea\nat four", "Black tea", long("and more")],
      "/Title (On tea) /CreationDate (D:20240301120000Z)",
    );
    const document = await parse("tea.pdf", pdf);
    expectSoundChunks(document);
    expectWholeText(document);
    expect(document).toMatchObject({
      title: "On tea",
      dateMs: Date.UTC(2024, 2, 1),
      properties: { pages: 3 },
    });
    expect(document.chunks.map(({ headingPath }) => headingPath)).toEqual([
      ["page 1"],
      ["page 2"],
      ["page 3"],
    ]);
    expect(document.chunks[0]?.text).toContain("Green tea");
  });

  it.each([
    ["broken.pdf", Buffer.from("%PDF-1.4\nnothing"), /broken or no PDF/u],
    [
      "locked.pdf",
      pdfOf(
        ["x"],
        "",
        `/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> >>`,
      ),
      /encrypted/u,
    ],
    ["broken.docx", Buffer.from("PK no zip"), /no zip/u],
    ["empty.docx", docxOf("").subarray(-22), /cannot be read as docx/u],
    ["broken.ipynb", Buffer.from("{"), /not a notebook/u],
    ["old.ipynb", Buffer.from('{"worksheets": []}'), /not a notebook/u],
  ])("is not made of %s, and the error says why", async (path, bytes, message) => {
    await expect(parse(path, bytes)).rejects.toMatchObject({
      code: "document_unreadable",
      message: expect.stringMatching(message),
    });
  });

  it("of a table keeps records whole, below the names of their columns", async () => {
    const record = (i: number) => `${i},"${long(`line ${i}`)}\nand more"`;
    const document = await parse(
      "a.csv",
      ["id,text", ...Array.from({ length: 20 }, (_, i) => record(i))].join("\n"),
    );
    expectSoundChunks(document);
    expectWholeText(document);
    expect(document.chunks.length).toBeGreaterThan(10);
    for (const { text, headingPath } of document.chunks) {
      expect(headingPath).toEqual(["id", "text"]);
      expect(text).toMatch(/and more"$/u);
    }
    expect((await parse("a.csv", "a;b\n1;2")).properties).toEqual({ columns: ["a", "b"] });
    expect((await parse("a.csv", "1,2\n3,4")).properties).toEqual({ columns: [] });
  });

  it("of JSON has its members where it is written in lines, else pieces of its line", async () => {
    const value = { tea: Array(200).fill("green"), "{x": Array(200).fill("black") };
    const pretty = await parse("a.json", JSON.stringify(value, undefined, 2));
    expectWholeText(pretty);
    const paths = new Set(pretty.chunks.map(({ headingPath }) => headingPath.join()));
    expect([...paths].filter(Boolean)).toEqual(["tea", "{x"]);
    const minified = await parse("a.json", JSON.stringify(value));
    expectWholeText(minified);
    expect(minified.chunks[1]).toMatchObject({ startLine: 1, endLine: 1 });
  });

  it("of a notebook is its cells: prose as it is, code and what it printed in fences", async () => {
    const cells = [
      { cell_type: "markdown", source: ["# Tea\n", "\n", "prose"] },
      {
        cell_type: "code",
        source: "print('```')",
        outputs: [{ output_type: "stream", text: ["ok\n"] }, { data: { "image/png": "AAAA" } }],
      },
      { cell_type: "code", source: "1", outputs: [{ data: { "text/plain": ["x".repeat(5_000)] } }] },
    ];
    const notebook = { cells, metadata: { language_info: { name: "python" } }, nbformat: 4 };
    const document = await parse("a.ipynb", JSON.stringify(notebook));
    expectSoundChunks(document);
    expect(document.title).toBe("Tea");
    expect(document.text).toMatch(
      /^# Tea\n\nprose\n\n````python\nprint\('```'\)\n````\n\n```text\nok\n```\n\n/u,
    );
    expect(document.text.length).toBeLessThan(1_000);
  });
});
