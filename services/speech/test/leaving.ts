import { setImmediate } from "node:timers/promises";

import type { AudioFormat } from "@benchai/contract/speech";

import { childrenOf, namedChildren } from "./child-processes.ts";
import type { SpeechProcess } from "./speech-process.ts";

const giveUpMs = 10_000;

/**
 * From a client's leaving, in the middle of a sentence that espeak-ng says for it, until the service has no child process any
 * more, in ms. The service must have been started without spare ffmpegs (`FFMPEG_IDLE_S: "0"`).
 */
export async function leavingMs(service: SpeechProcess, format: AudioFormat, text: string): Promise<number> {
  const { request, response } = await service.speak({ input: text, response_format: format });
  response.resume();
  await until(() => namedChildren("espeak-ng", service.pid).length > 0);
  const sinceMs = performance.now();
  request.destroy();
  await until(() => childrenOf(service.pid).length === 0);
  return performance.now() - sinceMs;
}

/** Looks again in each turn of the event loop: every few tenths of a millisecond. */
async function until(isSo: () => boolean): Promise<void> {
  const lastMs = performance.now() + giveUpMs;
  while (!isSo()) {
    if (performance.now() > lastMs) throw new Error("it took too long");
    await setImmediate();
  }
}
