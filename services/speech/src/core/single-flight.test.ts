import { expect, test } from "vitest";

import { SingleFlight } from "./single-flight.ts";

const never = new AbortController().signal;

/** Work that the test ends. */
function heldWork() {
  const signals: AbortSignal[] = [];
  const ends: PromiseWithResolvers<string>[] = [];
  const work = (signal: AbortSignal) => {
    const end = Promise.withResolvers<string>();
    signals.push(signal);
    ends.push(end);
    signal.addEventListener("abort", () => end.reject(signal.reason));
    return end.promise;
  };
  return { work, signals, ends };
}

test("who asks while work is under way gets its result, and who asks after it new work", async () => {
  const flights = new SingleFlight<string, string>();
  const { work, ends } = heldWork();
  const asked = Array.from({ length: 50 }, () => flights.run("a", never, work));
  const other = flights.run("b", never, work);
  expect(ends).toHaveLength(2);
  ends[0]?.resolve("one");
  ends[1]?.resolve("other");
  expect(await Promise.all(asked)).toEqual(asked.map(() => "one"));
  expect(await other).toBe("other");
  const again = flights.run("a", never, work);
  ends[2]?.resolve("two");
  expect(await again).toBe("two");
});

test("work is aborted when the last waiter leaves, not before, and each leaves with its own reason", async () => {
  const flights = new SingleFlight<string, string>();
  const { work, signals, ends } = heldWork();
  const [first, second] = [new AbortController(), new AbortController()];
  const one = flights.run("a", first.signal, work);
  const two = flights.run("a", second.signal, work);
  first.abort(new Error("first left"));
  await expect(one).rejects.toThrow("first left");
  expect(signals[0]?.aborted).toBe(false);
  second.abort(new Error("second left"));
  await expect(two).rejects.toThrow("second left");
  expect(signals[0]?.aborted).toBe(true);
  expect(ends).toHaveLength(1);
});

test("who comes after the abort starts anew, though the aborted work has not ended yet", async () => {
  const flights = new SingleFlight<string, string>();
  const ends: PromiseWithResolvers<string>[] = [];
  // Work that hears of no abort.
  const deaf = () => {
    const end = Promise.withResolvers<string>();
    ends.push(end);
    return end.promise;
  };
  const leaver = new AbortController();
  const left = flights.run("a", leaver.signal, deaf);
  leaver.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  const next = flights.run("a", never, deaf);
  ends[0]?.resolve("old");
  await ends[0]?.promise;
  const joined = flights.run("a", never, deaf);
  ends[1]?.resolve("new");
  expect(await Promise.all([next, joined])).toEqual(["new", "new"]);
  expect(ends).toHaveLength(2);
});

test("a failure is everybody's who waits, and nobody's after that", async () => {
  const flights = new SingleFlight<string, string>();
  const { work, ends } = heldWork();
  const asked = [flights.run("a", never, work), flights.run("a", never, work)];
  ends[0]?.reject(new Error("broken"));
  expect(await Promise.allSettled(asked)).toMatchObject(asked.map(() => ({ status: "rejected" })));
  const again = flights.run("a", never, work);
  ends[1]?.resolve("well");
  expect(await again).toBe("well");
});

test("a signal that has aborted already starts nothing", async () => {
  const { work, signals } = heldWork();
  const asked = new SingleFlight<string, string>().run("a", AbortSignal.abort(new Error("gone")), work);
  await expect(asked).rejects.toThrow("gone");
  expect(signals).toHaveLength(0);
});
