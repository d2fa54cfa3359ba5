import { once } from "node:events";
import { setImmediate } from "node:timers/promises";

import type { AudioFormat } from "@benchai/contract/speech";

import { childrenOf, commandOf, namedChildren, ticksOf } from "./child-processes.ts";
import type { SpeechProcess } from "./speech-process.ts";

const giveUpMs = 10_000;

/** The kernel counts a process's time in hundredths of a second (proc(5)). */
const stillMs = 60;

/**
 * From a client's leaving, in the middle of a long text, until the service has no ffmpeg any more and the processes in which
 * espeak-ng speaks do nothing any more, in ms, to 10. The service must have been started without spare ffmpegs (`FFMPEG_IDLE_S: "0"`).
 */
export async function leavingMs(service: SpeechProcess, format: AudioFormat, text: string): Promise<number> {
  const { request, response } = await service.speak({ input: text, response_format: format });
  response.resume();
  await once(response, "data");
  const sinceMs = performance.now();
  request.destroy();
  let [lastMs, ticks] = [sinceMs, -1];
  await until(() => {
    const now = engineTicks(service.pid);
    if (now !== ticks || namedChildren("ffmpeg", service.pid).length > 0) lastMs = performance.now();
    ticks = now;
    return performance.now() - lastMs > stillMs;
  });
  return lastMs - sinceMs;
}

/** The time of all processes in which an engine speaks. */
function engineTicks(parent: number): number {
  return childrenOf(parent)
    .filter((pid) => commandOf(pid).includes("-child"))
    .reduce((sum, pid) => sum + ticksOf(pid), 0);
}

/** Looks again in each turn of the event loop: every few tenths of a millisecond. */
async function until(isSo: () => boolean): Promise<void> {
  const lastMs = performance.now() + giveUpMs;
  while (!isSo()) {
    if (performance.now() > lastMs) throw new Error("it took too long");
    await setImmediate();
  }
}
