import { setImmediate as tick } from "node:timers/promises";

import { expect, test } from "vitest";

import { Gate } from "./gate.ts";

const never = new AbortController().signal;

test("so many go at a time, the others in their order, and who finds too many waiting is told when to come back", async () => {
  const gate = new Gate(2, 2, "requests");
  const leaves = await Promise.all([gate.enter(never), gate.enter(never)]);
  const order: string[] = [];
  const third = gate.enter(never).then((leave) => (order.push("third"), leave));
  const fourth = gate.enter(never).then((leave) => (order.push("fourth"), leave));
  await expect(gate.enter(never)).rejects.toMatchObject({ code: "queue_full", retryAfterS: 1 });
  expect([gate.held, gate.waiting]).toEqual([2, 2]);
  leaves[0]();
  // A second call of the same function gives up nothing.
  leaves[0]();
  await third;
  await tick();
  expect(order).toEqual(["third"]);
  leaves[1]();
  for (const leave of [await third, await fourth]) leave();
  expect([gate.held, gate.waiting]).toEqual([0, 0]);
});

test("an abort ends a wait with its reason and gives the place in the line to who is behind", async () => {
  const gate = new Gate(1, 1, "requests");
  const leave = await gate.enter(never);
  const abort = new AbortController();
  const waiting = gate.enter(abort.signal);
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  const next = gate.enter(never);
  leave();
  (await next)();
  expect(gate.held).toBe(0);
});

test("an abort in the moment of the turn loses no place", async () => {
  const gate = new Gate(1, 5, "requests");
  const leave = await gate.enter(never);
  const abort = new AbortController();
  const waiting = gate.enter(abort.signal);
  const behind = gate.enter(never);
  leave();
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  (await behind)();
  expect([gate.held, gate.waiting]).toEqual([0, 0]);
});

test("work that fails gives up its place", async () => {
  const gate = new Gate(1, 0, "requests");
  await expect(gate.run(never, "first", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await gate.run(never, "first", async () => 1)).toBe(1);
});
