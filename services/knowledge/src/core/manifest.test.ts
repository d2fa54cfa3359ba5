import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { batches, diffManifest, GoneDocuments, type KnownDocument, type SeenFile } from "./manifest.ts";

const path = fc.constantFrom("a", "b", "c", "d/e", "d/f", "d/g/h", "dd/x");
const stamp = fc.record({
  sizeBytes: fc.nat(2),
  mtimeNs: fc.constantFrom("1", "2"),
  ctimeNs: fc.constant("1"),
  inode: fc.constantFrom("7", "8"),
});
const files = fc.uniqueArray(fc.record({ path, stamp }), { selector: (f) => f.path });
const known = fc
  .uniqueArray(fc.record({ path, stamp, sha256: fc.constantFrom("", "x", "y", "z") }), {
    selector: (f) => f.path,
  })
  .map((list): KnownDocument[] => list.map((d, i) => ({ ...d, documentId: i + 1 })));
const unseen = fc.uniqueArray(fc.constantFrom("d", "d/g", "a", ""), { maxLength: 2 });

describe("the manifest", () => {
  it("puts every known document and every seen file into exactly one list", () => {
    fc.assert(
      fc.property(files, known, unseen, (seenFiles, documents, hidden) => {
        const diff = diffManifest({ files: seenFiles, unseen: hidden }, documents);
        const reread = diff.read.flatMap((f) => f.known ?? []);
        const ids = [...diff.unchanged, ...reread, ...diff.gone].map((d) => d.documentId);
        expect(ids.toSorted((a, b) => a - b)).toEqual(documents.map((d) => d.documentId));
        const paths = new Set(diff.read.map((f) => f.path));
        for (const file of seenFiles)
          expect(paths.has(file.path) !== diff.unchanged.some((d) => d.path === file.path)).toBe(true);
      }),
    );
  });

  it("never takes a document for gone that was seen, or that lies where nothing could be seen", () => {
    fc.assert(
      fc.property(files, known, unseen, (seenFiles, documents, hidden) => {
        const { gone } = diffManifest({ files: seenFiles, unseen: hidden }, documents);
        for (const { path: lost } of gone) {
          expect(seenFiles.some((f) => f.path === lost)).toBe(false);
          expect(hidden.some((p) => p === "" || p === lost || lost.startsWith(`${p}/`))).toBe(false);
        }
      }),
    );
  });

  it("reads nothing of a folder that did not change, and everything of one that it never saw", () => {
    fc.assert(
      fc.property(files, (seenFiles) => {
        const documents = seenFiles.map((f: SeenFile, i) => ({ ...f, sha256: "x", documentId: i }));
        expect(diffManifest({ files: seenFiles, unseen: [] }, documents)).toMatchObject({
          read: [],
          gone: [],
        });
        expect(diffManifest({ files: seenFiles, unseen: [] }, []).read).toHaveLength(seenFiles.length);
      }),
    );
  });

  it("gives each gone document to one new file at most, by content, and keeps the others to be deleted", () => {
    fc.assert(
      fc.property(known, fc.array(fc.constantFrom("", "x", "y", "z")), (documents, hashes) => {
        const gone = new GoneDocuments(documents);
        const taken = hashes.flatMap((sha256) => {
          const found = gone.find(undefined, sha256);
          if (found.kind !== "renamed") return [];
          expect(found.document.sha256).toBe(sha256);
          expect(sha256).not.toBe("");
          return [found.document.documentId];
        });
        const all = [...taken, ...gone.rest.map((d) => d.documentId)];
        expect(all.toSorted((a, b) => a - b)).toEqual(documents.map((d) => d.documentId));
      }),
    );
  });

  it("tells a touched file from an edited one by its content", () => {
    const document = {
      path: "a",
      stamp: { sizeBytes: 1, mtimeNs: "1", ctimeNs: "1", inode: "1" },
      sha256: "x",
      documentId: 1,
    };
    const gone = new GoneDocuments([]);
    expect(gone.find(document, "x").kind).toBe("touched");
    expect(gone.find(document, "y").kind).toBe("edited");
  });

  it("batches everything once and in order, within the limits unless one item alone is larger", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (sizes) => {
        const all = batches(sizes, (n) => n, { maxBytes: 20, maxCount: 3 });
        expect(all.flat()).toEqual(sizes);
        for (const batch of all) {
          expect(batch.length).toBeLessThanOrEqual(3);
          if (batch.length > 1) expect(batch.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});
