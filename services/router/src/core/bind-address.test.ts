import { expect, test } from "vitest";

import { bindRefusal, isLoopback } from "./bind-address.ts";

test.each(["127.0.0.1", "127.9.8.7", "localhost", "LOCALHOST", "::1", "[::1]"])(
  "A1: %s is loopback",
  (address) => {
    expect(isLoopback(address)).toBe(true);
  },
);

test.each([
  "0.0.0.0",
  "::",
  "",
  "127.1",
  "127.0.0.1.evil.example",
  "127.0.0.256",
  "10.0.0.1",
  "::ffff:127.0.0.1",
  "localhost.evil",
  " 127.0.0.1",
])("A1: %j is not loopback", (address) => {
  expect(isLoopback(address)).toBe(false);
});

test("A1: the refusal says what is wrong and what to do, in one line", () => {
  expect(bindRefusal("0.0.0.0")).toMatch(
    /^BENCHAI_BIND is "0\.0\.0\.0".*SSH tunnel.*reverse proxy with authentication.*$/,
  );
});
