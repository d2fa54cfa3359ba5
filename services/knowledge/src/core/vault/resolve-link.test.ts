import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { arbitraryPaths } from "../../../test/support/arbitrary-vault.ts";
import { linkStyleOf, linkTextFor } from "./link-text.ts";
import { resolveLink } from "./resolve-link.ts";
import { foldPath, VaultNames } from "./vault-names.ts";

const notes = [
  "Home.md",
  "Index.md",
  "a/Index.md",
  "a/b/Index.md",
  "a/Plan.md",
  "a/b/Plan.md",
  "long folder/Plan.md",
];
const odd = [
  "xa/Only.md",
  "Café.md",
  "Two words.md",
  "v1.2 notes.md",
  "node.js.md",
  "x.png.md",
  "😀/日本語.md",
];
const others = ["photo.png", "a/photo.png", "a/b/note.md", "x.png", "Dir/UPPER.MD", "c/d.canvas"];
const names = new VaultNames([...notes, ...odd, ...others]);
const from = (note: string) => (target: string) => resolveLink(names, note, target);

describe("a link's target", () => {
  it("is found whatever its case, its Unicode form, its hard blanks and whether it has `.md`", () => {
    const inHome = from("Home.md");
    for (const target of ["Café", "cafe\u{301}", "CAFÉ.MD", "Cafe\u{301}.md"])
      expect(inHome(target)).toBe("Café.md");
    for (const target of ["Two words", "two\u{a0}words", "TWO\u{202f}WORDS"])
      expect(inHome(target)).toBe("Two words.md");
    expect(inHome("日本語")).toBe("😀/日本語.md");
    expect(inHome("upper")).toBe("Dir/UPPER.MD");
  });

  it("is the note itself when it is empty", () => {
    expect(from("a/Plan.md")("")).toBe("a/Plan.md");
    expect(from("gone.md")("")).toBeUndefined();
  });

  it("may have dots; other files than notes need their extension, and come first then", () => {
    const inHome = from("Home.md");
    expect(inHome("v1.2 notes")).toBe("v1.2 notes.md");
    expect(inHome("node.js")).toBe("node.js.md");
    expect(inHome("x.png")).toBe("x.png");
    expect(inHome("x.png.md")).toBe("x.png.md");
    expect(inHome("d.canvas")).toBe("c/d.canvas");
    expect(inHome("d")).toBeUndefined();
    expect(inHome("photo")).toBeUndefined();
  });

  it("that is a bare name is the root's, else the nearest below the note's folder, else the shortest path's", () => {
    expect(from("a/b/note.md")("Index")).toBe("Index.md");
    expect(from("a/b/note.md")("Plan")).toBe("a/b/Plan.md");
    expect(from("a/x.md")("Plan")).toBe("a/Plan.md");
    expect(from("long folder/x.md")("Plan")).toBe("long folder/Plan.md");
    expect(from("elsewhere/x.md")("Plan")).toBe("a/Plan.md");
    expect(from("Home.md")("Plan")).toBe("a/Plan.md");
    expect(from("a/x.md")("photo.png")).toBe("photo.png");
  });

  it("with folders is a path from the root, else the end of a path, as text", () => {
    expect(from("a/b/note.md")("a/Plan")).toBe("a/Plan.md");
    expect(from("Home.md")("b/Plan")).toBe("a/b/Plan.md");
    expect(from("Home.md")("folder/Plan.md")).toBe("long folder/Plan.md");
    expect(from("Home.md")("a/Only")).toBe("xa/Only.md");
    expect(from("Home.md")("c/Plan")).toBeUndefined();
  });

  it("that begins with a dot or a slash is there or nowhere", () => {
    const inNote = from("a/b/note.md");
    expect(
      ["./Plan", "../Plan", "../../Home", "./../Index.md", "/Home", "/a/Plan.md"].map((target) =>
        inNote(target),
      ),
    ).toEqual("a/b/Plan.md a/Plan.md Home.md a/Index.md Home.md a/Plan.md".split(" "));
    expect(
      ["./Home", "../Home", "/Plan", "/b/Plan", "..", ".", "/", "a/", "../../../../Nope"].map((target) =>
        inNote(target),
      ),
    ).toEqual(Array.from({ length: 9 }));
    expect(inNote("../../../../Home")).toBe("Home.md");
  });

  it("prefers what is spelled like it among files that differ in case only", () => {
    const twins = new VaultNames(["note.md", "Note.md", "d/X.md", "d/x.md"]);
    expect(resolveLink(twins, "z.md", "Note")).toBe("Note.md");
    expect(resolveLink(twins, "z.md", "note")).toBe("note.md");
    expect(resolveLink(twins, "z.md", "d/x")).toBe("d/x.md");
  });
});

describe("names of a vault", () => {
  it("follow what is added, removed and moved", () => {
    fc.assert(
      fc.property(arbitraryPaths, arbitraryPaths, (kept, gone) => {
        const changed = new VaultNames([...kept, ...gone, ...kept]);
        for (const path of gone) if (!kept.includes(path)) changed.remove(path);
        changed.remove("never there.md");
        expect([...changed.paths()].toSorted()).toEqual([...new Set(kept)].toSorted());
        expect(changed.size).toBe(new Set(kept).size);
        for (const path of gone) expect(changed.has(path)).toBe(kept.includes(path));
        const [first] = kept;
        if (first === undefined) return;
        const moved = changed.moved(new Map([[first, "moved/there.md"]]));
        expect(moved.has("moved/there.md")).toBe(true);
        expect(moved.has(first)).toBe(first === "moved/there.md");
        expect(changed.has(first)).toBe(true);
      }),
    );
  });

  it("of 16,000 files are looked up at once", { tags: "clock" }, () => {
    const paths = Array.from({ length: 16_000 }, (_, i) => `folder ${i % 200}/sub ${i % 13}/note ${i}.md`);
    const large = new VaultNames(paths);
    const start = performance.now();
    for (const path of paths) {
      expect(resolveLink(large, "x.md", path.slice(path.lastIndexOf("/") + 1, -3))).toBe(path);
      expect(resolveLink(large, "x.md", path)).toBe(path);
    }
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("the text of a link", () => {
  it.each([
    ["Plan", "a/b/Plan.md", "elsewhere/x.md", "a/b/Plan"],
    ["Plan", "a/Plan.md", "elsewhere/x.md", "Plan"],
    ["Plan.md", "Home.md", "a/x.md", "Home.md"],
    ["a/Plan", "Home.md", "a/x.md", "Home"],
    ["/a/Plan", "Home.md", "a/x.md", "/Home"],
    ["./Plan", "a/b/note.md", "a/x.md", "./b/note"],
    ["../a/Plan.md", "a/b/note.md", "a/b/x.md", "./note.md"],
    ["./Plan", "Home.md", "a/b/x.md", "../../Home"],
    ["Plan", "x.png.md", "a/x.md", "x.png.md"],
    ["photo.png", "a/photo.png", "Home.md", "a/photo.png"],
    ["photo.png", "c/d.canvas", "Home.md", "d.canvas"],
  ])("in the style of %j for %s in %s is %j", (old, to, note, text) => {
    const meant = resolveLink(names, note, old) ?? "";
    expect(linkTextFor(names, note, to, linkStyleOf(old, note, meant))).toBe(text);
  });

  it("always means the file that it is for, in every style", () => {
    const style = fc.record({
      form: fc.constantFrom("name", "root", "relative" as const),
      prefix: fc.constantFrom("", "/", "./" as const),
      hasExtension: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitraryPaths, style, (paths, { form, prefix, hasExtension }) => {
        const vault = new VaultNames(paths);
        const fits = form === "root" ? prefix !== "./" : prefix !== "/";
        for (const note of paths.slice(0, 3))
          for (const to of paths) {
            const text = linkTextFor(vault, note, to, {
              form,
              prefix: fits && form !== "name" ? prefix : "",
              hasExtension,
            });
            expect(resolveLink(vault, note, text)).toBe(to);
          }
      }),
      { numRuns: 300 },
    );
  });

  it("folds to the same however it is spelled", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(foldPath(text.normalize("NFD"))).toBe(foldPath(text.normalize("NFC")));
      }),
    );
  });
});
