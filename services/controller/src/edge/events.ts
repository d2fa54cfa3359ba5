import { addAbortSignal, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import type Docker from "dockerode";

import { label } from "./docker.ts";

const watched = ["create", "start", "die", "destroy", "oom", "health_status", "pause", "unpause", "rename"];

/**
 * Rings whenever something happens to one of our containers, and once after every (re)connect, as events may
 * have been missed. Runs until `signal` aborts; the look is the truth, events only say when to look.
 */
export async function watchEngine(
  docker: Docker,
  stack: string,
  ring: () => void,
  signal: AbortSignal,
): Promise<void> {
  const type: "container"[] = ["container"];
  const filters = { type, event: watched, label: [`${label.stack}=${stack}`] };
  for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, 2_000)) {
    try {
      const events = await docker.getEvents({ filters });
      if (events instanceof Readable) addAbortSignal(signal, events);
      ring();
      for await (const _ of events) {
        delayMs = 100;
        ring();
      }
    } catch {
      // The engine is away: the periodic look says so in the status, and this connects again.
    }
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }
}
