import { expect, test } from "vitest";

import { Doorbell } from "./doorbell.ts";

const never = new AbortController().signal;
const longMs = 60_000;

test("a ring wakes who waits", async () => {
  const bell = new Doorbell();
  const woken = bell.wait(longMs, never);
  bell.ring();
  await woken;
});

test("rings while nobody waits are remembered, and many make one wake-up", async () => {
  const bell = new Doorbell();
  bell.ring();
  bell.ring();
  await bell.wait(longMs, never);
  let isWoken = false;
  const second = bell.wait(longMs, never).then(() => (isWoken = true));
  await new Promise(setImmediate);
  expect(isWoken).toBe(false);
  bell.ring();
  await second;
});

test("without a ring the wait ends after its time", async () => {
  await new Doorbell().wait(1, never);
});

test("an abort ends the wait with an error, and leaves a ring for the next", async () => {
  const bell = new Doorbell();
  const stop = new AbortController();
  const waiting = bell.wait(longMs, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow("abort");
  await expect(bell.wait(longMs, stop.signal)).rejects.toThrow("abort");
});
