import { describe, expect, it } from "vitest";

import { allFiles, rig, versions, writeBefore, writesOf } from "../../../test/rest-vault-rig.ts";
import { any, refusal } from "../../../test/support/vault-rig.ts";
import { parseNote } from "../../core/vault/parse-note.ts";
import { resolveLink } from "../../core/vault/resolve-link.ts";
import { VaultNames } from "../../core/vault/vault-names.ts";

describe("a note that is renamed on another machine", () => {
  const files = {
    "Old.md": "# Old\n[[Other]]\n",
    "Other.md": "[[Old]]\n",
    "sub/Third.md": "[text](../Old.md)\n",
    "None.md": "[[Other]]\n",
  };
  const referrers = ["Other.md", "sub/Third.md", "None.md"];
  const withoutTrash = (root: string) =>
    Object.fromEntries(Object.entries(allFiles(root)).filter(([path]) => !path.startsWith(".trash/")));

  it.each(versions)("is all moved or not at all, whichever request fails (%s)", async (version) => {
    for (const kind of ["error", "cut", "cut-after"] as const) {
      let isDone = false;
      for (let step = 0; !isDone; step += 1) {
        const opened = await rig(version, files);
        let writes = 0;
        opened.stub.before = (name) => {
          if (name.startsWith("GET") || name.startsWith("POST /search")) return;
          writes += 1;
          opened.stub.faults.length = 0;
          if (writes === step + 1) opened.stub.faults.push({ kind, on: name, times: 1 });
        };
        const result = await opened.vault
          .rename("Old.md", "sub/New.md", referrers, any)
          .catch((e: unknown) => e);
        const now = withoutTrash(opened.root);
        isDone = writes <= step;
        if (result instanceof Error) expect(now, `${kind} at ${step}`).toEqual(files);
        else {
          expect(now["sub/New.md"], `${kind} at ${step}`).toBe("# Old\n[[Other]]\n");
          expect(now["Other.md"]).toBe("[[New]]\n");
          expect(Object.keys(now).toSorted()).toEqual(["None.md", "Other.md", "sub/New.md", "sub/Third.md"]);
        }
        if (kind === "cut-after") expect(result).not.toBeInstanceOf(Error);
      }
    }
  });

  it.each(versions)(
    "is whole at one of its paths, and no link broken, wherever all ends (%s)",
    async (version) => {
      for (let step = 0; step < 4; step += 1) {
        const opened = await rig(version, files);
        let writes = 0;
        opened.stub.before = (name) => {
          if (!name.startsWith("GET") && !name.startsWith("POST /search")) writes += 1;
          if (writes > step) opened.stub.faults.push({ kind: "cut", on: "" });
        };
        const error = await refusal(opened.vault.rename("Old.md", "sub/New.md", referrers, any));
        const now = withoutTrash(opened.root);
        const names = new VaultNames(Object.keys(now));
        for (const [path, text] of Object.entries(now))
          for (const { target } of parseNote(text).links)
            expect(resolveLink(names, path, target), `${path} at ${step}`).toBeDefined();
        const texts = [now["Old.md"], now["sub/New.md"]].filter((text) => text !== undefined);
        expect(texts).toContain("# Old\n[[Other]]\n");
        if (step > 0) expect(error.message).toMatch(/was taken back but for .*look at them/u);
      }
    },
  );

  it.each(versions)(
    "leaves a note alone that somebody changes meanwhile, and moves nothing (%s)",
    async (version) => {
      const opened = await rig(version, files);
      writeBefore(opened, "PUT /vault/New.md", "Other.md", "theirs [[Old]]\n");
      const error = await refusal(opened.vault.rename("Old.md", "New.md", referrers, any));
      expect(error.code).toBe("note_changed");
      expect(withoutTrash(opened.root)).toEqual({ ...files, "Other.md": "theirs [[Old]]\n" });
    },
  );

  it.each(versions)("does not overwrite what comes to its new name meanwhile (%s)", async (version) => {
    const opened = await rig(version, files);
    writeBefore(opened, "GET /vault/Other.md", "New.md", "theirs\n");
    expect((await refusal(opened.vault.rename("Old.md", "New.md", referrers, any))).code).toBe("conflict");
    expect(withoutTrash(opened.root)).toEqual({ ...files, "New.md": "theirs\n" });
  });

  it.each(versions)("is not removed when it changes itself meanwhile (%s)", async (version) => {
    const opened = await rig(version, files);
    writeBefore(opened, "PUT /vault/sub/Third.md", "Old.md", "theirs\n");
    const error = await refusal(opened.vault.rename("Old.md", "New.md", referrers, any));
    expect(error.code).toBe("note_changed");
    expect(withoutTrash(opened.root)).toEqual({ ...files, "Old.md": "theirs\n" });
  });

  it.each(versions)("by its case alone never is both names' only copy (%s)", async (version) => {
    const opened = await rig(version, { "old.md": "text", "a.md": "[[old]]" });
    await opened.vault.rename("old.md", "Old.md", ["a.md"], any);
    expect(withoutTrash(opened.root)).toEqual({ "Old.md": "text", "a.md": "[[old]]" });
    expect(writesOf(opened)).toEqual([
      "PUT /vault/Old (being renamed).md",
      "DELETE /vault/old.md",
      "PUT /vault/Old.md",
      "DELETE /vault/Old (being renamed).md",
    ]);
  });
});
