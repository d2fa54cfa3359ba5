import { expect, test } from "vitest";

import { Holds } from "./holds.ts";

const never = new AbortController().signal;
const long = 2 ** 30;

test("what has time waits until the last one lets go, and not at all when nobody holds", async () => {
  const holds = new Holds();
  await holds.wait(long, never);
  const [first, second] = [holds.hold(), holds.hold()];
  let hasWaited = false;
  const waiting = holds.wait(long, never).then(() => (hasWaited = true));
  first();
  // A second call of the same function lets go of nothing.
  first();
  await new Promise(setImmediate);
  expect(hasWaited).toBe(false);
  second();
  await waiting;
  await holds.wait(long, never);
});

test("a wait ends in time although somebody always holds, and with the reason of an abort", async () => {
  const holds = new Holds();
  holds.hold();
  await holds.wait(1, never);
  const abort = new AbortController();
  const waiting = holds.wait(long, abort.signal);
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
});
