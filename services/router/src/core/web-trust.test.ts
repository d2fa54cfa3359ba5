import fc from "fast-check";
import { expect, test } from "vitest";

import { isTrustedHost, originOf, webTrust } from "./web-trust.ts";

const trust = webTrust("ai.example.org, Other.example.org", "http://localhost:3000,https://Chat.example.org");

test.each([
  undefined,
  "127.0.0.1:8085",
  "10.1.2.3",
  "[::1]:8085",
  "[::ffff:7f00:1]",
  "localhost:8085",
  "LOCALHOST.:8085",
  "router:8085",
  "my_router",
  "app.localhost:8085",
  "nas.local",
  "host.docker.internal:8085",
  "box.home.arpa",
  "ai.example.org",
  "OTHER.example.org:443",
])("A10: %s is a Host of ours", (host) => {
  expect(isTrustedHost(host, trust)).toBe(true);
});

test.each([
  "",
  "evil.example",
  "evil.example:8085",
  "evil.example.",
  "127.0.0.1.evil.example",
  "127.1",
  "localhost.evil.example",
  "local.evil.example",
  "eviL.local.example",
  "sub.ai.example.org",
  "ai.example.org.evil.example",
  "localhost@evil.example",
  "localhost/evil.example",
  "localhost:80:80",
  "evil.example:localhost",
  "[evil.example]",
  "[::1].evil.example",
  "localhost evil.example",
  "evil.example#.local",
])("A10: the Host %j may be anybody's", (host) => {
  expect(isTrustedHost(host, trust)).toBe(false);
});

test("A10: no name that somebody can register is a Host of ours", () => {
  const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);
  const registrable = fc
    .tuple(
      fc.array(label, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("com", "org", "dev", "example", "zip"),
    )
    .map(([labels, top]) => [...labels, top].join("."));
  fc.assert(
    fc.property(registrable, fc.constantFrom("", ":80", ":8085", "."), (name, end) => {
      expect(isTrustedHost(name + end, webTrust("", ""))).toBe(false);
    }),
  );
});

test.each([
  [undefined, "own"],
  ["http://127.0.0.1:8085", "own"],
  ["vscode-webview://1a2b", "own"],
  ["app://obsidian.md", "own"],
  ["http://localhost:3000", "named"],
  ["https://chat.example.org", "named"],
  ["http://localhost:3001", "foreign"],
  ["http://127.0.0.1", "foreign"],
  ["http://127.0.0.1:8085.evil.example", "foreign"],
  ["https://evil.example", "foreign"],
  ["https://chat.example.org:444", "foreign"],
  ["http://chat.example.org", "foreign"],
  ["null", "foreign"],
  ["", "foreign"],
  ["*", "foreign"],
])("S40: a request whose Origin is %s is from a page that is %s", (origin, kind) => {
  expect(originOf(origin, "127.0.0.1:8085", trust)).toBe(kind);
});

test("A10: our own page has the origin under which it was asked for, whatever the scheme of a proxy before us", () => {
  expect(originOf("https://ai.example.org", "AI.example.org", trust)).toBe("own");
  expect(originOf("https://ai.example.org", "127.0.0.1:8085", trust)).toBe("foreign");
  expect(originOf("http://localhost:8085", undefined, trust)).toBe("foreign");
});

test("nothing listed names nobody", () => {
  expect(webTrust(" , ", "")).toEqual({ hosts: new Set(), origins: new Set() });
});
