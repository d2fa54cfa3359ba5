import fc from "fast-check";
import { expect, test } from "vitest";

import { passedTarget, serviceOf } from "./passed-on.ts";

test.each([
  "/v1/memory/search?q=a%20b&namespace=x",
  "/v1/rag/documents/notes%2Ffake".replace("%2F", "-"),
  "/v1/files",
  "/v1/obsidian/notes/daily/2026-11-27%20(%C3%BC).md",
  "/v1/files/%C3%BCber%20uns.pdf",
  "/v1/jobs/17/events",
  "/mcp",
  "/v1/memory/a..b/...",
])("%s is passed on as it is written", (target) => {
  expect(passedTarget(target, "knowledge")).toBe(target);
});

test.each([
  "/internal/enrich",
  "/v1/memory/../../internal/enrich",
  "/v1/memory/%2e%2e/%2E%2e/internal/enrich",
  "/v1/memory/.%2e/x",
  "/v1/memory/./x",
  "/v1/memory//x",
  "/v1/obsidian/notes/..%2f..%2fx.md",
  "//v1/memory/x",
  "/v1/memory/",
  "/v1/%6demory/x",
  "/V1/memory/x",
  "/v1/memory%2fx",
  "/v1/memory/a%2fb",
  "/v1/memory/a%5cb",
  "/v1/memory/a\\b",
  "/v1/memory/a%00",
  "/v1/memory/a%0d%0ab",
  "/v1/memory/%zz",
  "/v1/memory/%ff",
  "/v1/memory/a#b",
  "/v1/memory/a?b#c",
  "/v1/memory/ü",
  "/v1/memory/a b",
  "/v1/memory",
  "/v1/filesystem",
  "/mcp/x",
  "/mcpx",
  "http://other/v1/memory/x",
  `/v1/memory/${"a".repeat(9_000)}`,
])("B2: %s is refused", (target) => {
  expect(() => passedTarget(target, "knowledge")).toThrow(/not written plainly/);
});

test("B2: whatever is passed on names, once decoded, a path below the same route", () => {
  const piece = fc.constantFrom(
    "/",
    "..",
    ".",
    "%2e",
    "%2f",
    "%5c",
    "\\",
    "%25",
    "a",
    "v1",
    "memory",
    "internal",
    "?",
    "#",
    "%00",
    ";",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = `/v1/memory/${pieces.join("")}`;
      try {
        passedTarget(target, "knowledge");
      } catch {
        return;
      }
      const { pathname } = new URL(target, "http://x");
      expect(pathname.startsWith("/v1/memory/")).toBe(true);
      expect(serviceOf(decodeURIComponent(pathname))).toBe("knowledge");
      expect(decodeURIComponent(pathname).split("/")).toHaveLength(
        target.split("?")[0]?.split("/").length ?? 0,
      );
    }),
    { numRuns: 2_000 },
  );
});
