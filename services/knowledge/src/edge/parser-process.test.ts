import { afterEach, describe, expect, it } from "vitest";

import { docxOf, paragraphOf } from "../../test/support/make-documents.ts";
import { ParserPool, type ParserPoolOptions } from "./parser-process.ts";

const hostile = new URL("../../test/fixtures/hostile-parser.ts", import.meta.url);
const pools: ParserPool[] = [];

afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function poolOf(options: ParserPoolOptions = {}): ParserPool {
  const pool = new ParserPool(options);
  pools.push(pool);
  return pool;
}

const note = { path: "note.md", bytes: Buffer.from("# Tea\n\nAt four.") };
const named = (path: string) => ({ path, bytes: Buffer.from("x") });

// Generous: the processes have a low priority, and other tests may have the machine.
describe("a pool of parser processes", { timeout: 60_000 }, () => {
  it("answers with the parsed document", async () => {
    const document = await poolOf().parse(note);
    expect(document).toMatchObject({ format: "markdown", title: "Tea" });
    expect(document.chunks).toEqual([
      { startLine: 1, endLine: 3, headingPath: ["Tea"], text: "# Tea\n\nAt four." },
    ]);
  });

  it("reads code by its syntax tree although the process may read nothing but the app", async () => {
    const code = `${"// padding\n".repeat(100)}\nclass Kettle {\n  boil() {}\n}\n`;
    const { chunks } = await poolOf().parse({ path: "kettle.ts", bytes: Buffer.from(code) });
    expect(chunks.at(-1)?.headingPath).toEqual(["Kettle"]);
  });

  it("answers calls that come together, each with its own document, also by several processes", async () => {
    const pool = poolOf({ size: 2 });
    const paths = Array.from({ length: 12 }, (_, i) => `note ${i}.md`);
    const documents = await Promise.all(paths.map((path) => pool.parse(named(path))));
    expect(documents.map(({ title }) => title)).toEqual(paths.map((path) => path.slice(0, -3)));
  });

  it("passes the parser's own errors on with their code", async () => {
    const broken = poolOf().parse(named("broken.pdf"));
    await expect(broken).rejects.toMatchObject({ name: "AppError", code: "document_unreadable" });
  });

  it.each([
    ["endless.md", /was not read within 6 s/u],
    ["greedy.md", /needed more memory than 64 MiB/u],
    ["greedy-outside-heap.md", /needed more memory than 64 MiB/u],
    ["crash.md", /ended the process that read it \(exit code 7\)/u],
  ])("contains %s and reads the next document", async (path, message) => {
    const pool = poolOf({
      program: hostile,
      heapMiB: 64,
      deadlineMs: path === "endless.md" ? 6_000 : 30_000,
    });
    const [bad, good] = await Promise.allSettled([pool.parse(named(path)), pool.parse(note)]);
    expect(bad).toMatchObject({
      reason: { code: "document_unreadable", message: expect.stringMatching(message) },
    });
    expect(good).toMatchObject({ value: { title: "Tea" } });
  });

  it.each(["crash.md", "greedy-outside-heap.md"])(
    "blames %s alone for what it did among others",
    async (path) => {
      const pool = poolOf({ program: hostile, heapMiB: 64 });
      const paths = [
        "first.md",
        "second.md",
        path,
        "third.md",
        ...Array.from({ length: 40 }, (_, i) => `${i}.md`),
      ];
      const settled = await Promise.allSettled(paths.map((name) => pool.parse(named(name))));
      const failed = paths.filter((_, i) => settled[i]?.status === "rejected");
      expect(failed).toEqual([path]);
      expect(settled[2]).toMatchObject({ reason: { message: expect.stringContaining(path) } });
    },
  );

  it.each([
    ["curious.md", /ERR_ACCESS_DENIED|Access to this API has been restricted/u],
    ["talkative.md", /a parser has no network/u],
    ["environment.md", /^\{\}$/u],
  ])("gives %s nothing of the system", async (path, title) => {
    expect((await poolOf({ program: hostile }).parse(named(path))).title).toMatch(title);
  });

  it("refuses a zip bomb by what it claims, and contains one that lies", async () => {
    const body = paragraphOf("a".repeat(200 * 1_048_576));
    const honest = docxOf(body);
    const liar = docxOf(body, 1_000);
    expect((200 * 1_048_576) / liar.length).toBeGreaterThan(900);
    const pool = poolOf({ heapMiB: 128 });
    await expect(pool.parse({ path: "honest.docx", bytes: honest })).rejects.toThrow(
      /would unpack to 200 MiB/u,
    );
    await expect(pool.parse({ path: "liar.docx", bytes: liar })).rejects.toMatchObject({
      code: "document_unreadable",
    });
    await expect(pool.parse(note)).resolves.toMatchObject({ title: "Tea" });
  });

  it("says that it is shutting down to what waits, what runs and what comes after", async () => {
    const pool = poolOf({ program: hostile });
    const calls = [pool.parse(named("endless.md")), pool.parse(note)];
    const settled = Promise.allSettled(calls);
    await pool.close();
    const late = pool.parse(note);
    for (const { status, ...rest } of await settled) {
      expect({ status, ...rest }).toMatchObject({ status: "rejected", reason: { code: "shutting_down" } });
    }
    await expect(late).rejects.toMatchObject({ code: "shutting_down" });
  });
});
