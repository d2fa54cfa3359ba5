import { expect, test } from "vitest";

import { Rewindable } from "./rewindable.ts";

async function* numbers(): AsyncGenerator<number, void> {
  for (let i = 1; i <= 4; i += 1) yield i;
}

async function taken<T>(items: AsyncIterable<T>, count: number): Promise<(T | undefined)[]> {
  const reader = items[Symbol.asyncIterator]();
  return Promise.all(Array.from({ length: count }, async () => (await reader.next()).value as T | undefined));
}

test("a second reader gets everything from the beginning, as often as there is one", async () => {
  const items = new Rewindable(numbers());
  expect(await taken(items, 2)).toEqual([1, 2]);
  items.rewind();
  expect(await taken(items, 1)).toEqual([1]);
  items.rewind();
  expect(await Array.fromAsync(items)).toEqual([1, 2, 3, 4]);
});

test("what is forgotten in the middle of a second reading is still read to its end, once", async () => {
  const items = new Rewindable(numbers());
  await taken(items, 3);
  items.rewind();
  expect(await taken(items, 1)).toEqual([1]);
  items.forget();
  expect(await Array.fromAsync(items)).toEqual([2, 3, 4]);
});

test("an item that a reader no longer waits for is the next one's", async () => {
  const gate = Promise.withResolvers<number>();
  async function* slow(): AsyncGenerator<number, void> {
    yield await gate.promise;
  }
  const items = new Rewindable(slow());
  const waiting = taken(items, 1);
  items.rewind();
  const second = Array.fromAsync(items);
  gate.resolve(7);
  expect([await waiting, await second]).toEqual([[7], [7]]);
});
