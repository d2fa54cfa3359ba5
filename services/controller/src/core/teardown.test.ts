import { expect, test } from "vitest";

import { isStackGoingDown } from "./teardown.ts";

const stack = (router: string | undefined) => [
  { service: "controller", state: "running" },
  { service: "valkey", state: "running" },
  ...(router === undefined ? [] : [{ service: "router", state: router }]),
];

test.each([
  ["running", false],
  ["restarting", false],
  ["paused", false],
  ["created", true],
  ["exited", true],
  ["dead", true],
  [undefined, true],
])("S23: with the router %s, the stack is going down: %s", (router, expected) => {
  expect(isStackGoingDown(stack(router))).toBe(expected);
});
