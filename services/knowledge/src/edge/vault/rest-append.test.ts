import { describe, expect, it } from "vitest";

import { rig, untagged, versions, writeBefore, writesOf } from "../../../test/rest-vault-rig.ts";
import { refusal, sha256 } from "../../../test/support/vault-rig.ts";

describe("lines added to a note on another machine", () => {
  it.each([
    ["2.5.4", { heading: "A::B", "content-insertion-position": "end" }],
    ["3.2.0", { target: "A%3A%3AB", operation: "append", "target-type": "heading" }],
    ["5.1.0", { target: "A%3A%3AB", operation: "append", "markdown-patch-version": "1" }],
  ])("go below a heading by the PATCH of version %s", async (version, headers) => {
    const opened = await rig(version, { "a.md": "# A\n## B\none\n\n# C\n" });
    await opened.vault.append("a.md", "two", ["B"]);
    expect(await opened.readRaw("a.md")).toBe("# A\n## B\none\ntwo\n\n# C\n");
    expect(writesOf(opened)).toEqual(["PATCH /vault/a.md"]);
    const sent = opened.stub.headers[opened.stub.requests.indexOf("PATCH /vault/a.md")];
    expect(sent).toMatchObject(headers);
  });

  it.each(untagged)("go to its end by the POST of version %s", async (version) => {
    const opened = await rig(version, { "a.md": "one\r\n" });
    await opened.vault.append("a.md", "two");
    expect(await opened.readRaw("a.md")).toBe("one\r\ntwo\r\n");
    expect(writesOf(opened)).toEqual(["POST /vault/a.md"]);
  });

  it("are part of a guarded PUT where the plugin heeds tags", async () => {
    const opened = await rig("6.0.0", { "a.md": "# A\n" });
    await opened.vault.append("a.md", "one");
    await opened.vault.append("a.md", "two", ["A"]);
    expect(writesOf(opened)).toEqual(["PUT /vault/a.md", "PUT /vault/a.md"]);
    const puts = opened.stub.headers.filter((_, i) => opened.stub.requests[i]?.startsWith("PUT"));
    for (const headers of puts) expect(headers["if-match"]).toMatch(/^"[0-9a-f]{6}"$/u);
  });

  it.each(versions)("keep what another program adds at the same moment (%s)", async (version) => {
    for (const under of [undefined, ["A"]]) {
      const opened = await rig(version, { "a.md": "# A\none\n" });
      const write = version === "6.0.0" ? "PUT" : under ? "PATCH" : "POST";
      writeBefore(opened, write, "a.md", "# A\none\ntheirs\n");
      const written = await opened.vault.append("a.md", "mine", under);
      expect(await opened.readRaw("a.md")).toBe("# A\none\ntheirs\nmine\n");
      expect(written.etag).toBe(sha256("# A\none\ntheirs\nmine\n"));
    }
  });

  it.each(untagged)("do not replace a note that Obsidian has not seen yet (%s)", async (version) => {
    for (const under of [undefined, ["A"]]) {
      const opened = await rig(version, { "a.md": "# A\none\n" });
      opened.stub.plugin.unindexed.add("a.md");
      await opened.vault.append("a.md", "two", under);
      expect(await opened.readRaw("a.md")).toBe("# A\none\ntwo\n");
    }
  });

  it.each(untagged)("are put where they belong when the plugin does not (%s)", async (version) => {
    const opened = await rig(version, { "a.md": "# A\none\n# B\n" });
    opened.stub.faults.push({ kind: "misplace", on: "PATCH" });
    await opened.vault.append("a.md", "two", ["A"]);
    expect(await opened.readRaw("a.md")).toBe("# A\none\ntwo\n# B\n");
  });

  it.each(untagged)("are there once when the answer is lost (%s)", async (version) => {
    for (const under of [undefined, ["A"]]) {
      const opened = await rig(version, { "a.md": "# A\none\n" });
      opened.stub.faults.push({ kind: "cut-after", on: under ? "PATCH" : "POST" });
      await opened.vault.append("a.md", "two", under);
      expect(await opened.readRaw("a.md")).toBe("# A\none\ntwo\n");
    }
  });

  it.each(untagged)("are not there when they could not be sent (%s)", async (version) => {
    for (const under of [undefined, ["A"]])
      for (const kind of ["cut", "error"] as const) {
        const opened = await rig(version, { "a.md": "# A\none\n" });
        opened.stub.faults.push({ kind, on: under ? "PATCH" : "POST" });
        const error = await refusal(opened.vault.append("a.md", "two", under));
        expect(error.code).toBe("storage_unavailable");
        expect(await opened.readRaw("a.md")).toBe("# A\none\n");
      }
  });
});
