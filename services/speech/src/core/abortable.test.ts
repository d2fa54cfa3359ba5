import { expect, test } from "vitest";

import { abortable, leavable, until } from "./abortable.ts";

const never = new AbortController().signal;
const stuck = () => Promise.withResolvers<never>().promise;

test("a wait ends with its result, or with the signal's reason as soon as that aborts", async () => {
  expect(await abortable(never, Promise.resolve(1))).toBe(1);
  const abort = new AbortController();
  const waiting = abortable(abort.signal, stuck());
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await expect(abortable(abort.signal, stuck())).rejects.toThrow("left");
});

test("a source is told to end when its items are not wanted any more, and waited for unless it is busy", async () => {
  const events: string[] = [];
  async function* source() {
    try {
      yield 1;
      yield 2;
    } finally {
      await new Promise(setImmediate);
      events.push("ended");
    }
  }
  for await (const item of until(never, source())) {
    events.push(`item ${item}`);
    break;
  }
  expect(events).toEqual(["item 1", "ended"]);
  // A source that hears of nothing holds nobody up.
  const abort = new AbortController();
  const deaf = { [Symbol.asyncIterator]: () => ({ next: stuck, return: stuck }) };
  const waiting = until(abort.signal, deaf).next();
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
});

test("who leaves aborts what is made for him, in the middle of an item, at the end, and when it fails", async () => {
  const signals: AbortSignal[] = [];
  const items = (make: (signal: AbortSignal) => AsyncGenerator<number, void>) =>
    leavable(never, (signal) => {
      signals.push(signal);
      return make(signal);
    });
  const busy = items((signal) => until(signal, { [Symbol.asyncIterator]: () => ({ next: stuck }) }));
  const waiting = busy.next().catch((error: Error) => error.name);
  await busy.return?.();
  expect(await waiting).toBe("AbortError");
  await Array.fromAsync(
    items(async function* () {
      yield 1;
    }),
  );
  // oxlint-disable-next-line require-yield
  const failing = items(async function* () {
    throw new Error("broken");
  });
  await expect(failing.next()).rejects.toThrow("broken");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
});
