import { once } from "node:events";

import { expect, test } from "vitest";

import { fakeEngine } from "../../test/engine.ts";
import { label } from "./docker.ts";
import { watchEngine } from "./events.ts";

async function watched() {
  const at = await fakeEngine();
  const stop = new AbortController();
  const rings = new EventTarget();
  let count = 0;
  const ring = () => {
    count++;
    rings.dispatchEvent(new Event("ring"));
  };
  const nextRing = () => once(rings, "ring", { signal: AbortSignal.timeout(5_000) });
  const connected = nextRing();
  const watching = watchEngine(at.client(), "stack", ring, stop.signal);
  await connected;
  return {
    containers: at.fake.containers,
    fake: at.fake,
    nextRing,
    count: () => count,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
      await at[Symbol.asyncDispose]();
    },
  };
}
const ours = { Image: "llama:1", Labels: { [label.stack]: "stack", [label.slot]: "a" } };

test("rings for what happens to our containers, and not for others", async () => {
  await using at = await watched();
  at.containers.create("foreign", { Image: "llama:1" });
  at.containers.start("foreign");
  const rung = at.nextRing();
  at.containers.create("stack-worker-a", ours);
  await rung;
  expect(at.count()).toBe(2);
});

test.each(["healthy", "unhealthy"] as const)("rings when a worker becomes %s", async (health) => {
  await using at = await watched();
  at.containers.behaviour = () => ({ does: "load" });
  at.containers.create("stack-worker-a", ours);
  at.containers.start("stack-worker-a");
  await at.nextRing();
  const rung = at.nextRing();
  at.containers.setHealth("stack-worker-a", health);
  await rung;
});

test("S18: an event stream that breaks is opened again, and rings for what may have been missed", async () => {
  await using at = await watched();
  const again = at.nextRing();
  at.fake.dropEvents();
  await again;
  const rung = at.nextRing();
  at.containers.create("stack-worker-a", ours);
  await rung;
});

test("S11: an engine that goes away is watched again when it comes back", async () => {
  await using at = await watched();
  at.fake.goAway();
  const again = at.nextRing();
  at.fake.comeBack();
  await again;
});
