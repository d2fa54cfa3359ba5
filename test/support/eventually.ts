import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks until `look` gives something truthy and returns it; throws after `withinMs` with the last error. The only
 * way tests wait for the outside world: bounded, and as soon as it is there.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const endMs = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: last });
    await sleep(25);
  }
}
