import type { AudioFormat } from "@benchai/contract/speech";

import { FlacLength } from "./flac-length.ts";
import { wavHeader } from "./wav-header.ts";

/** So much of a file's beginning says how long it is. */
export const headBytes = 44;

/** The beginning of a file that is whole, from what a stream had to begin with; undefined where a format says no length there. */
export function wholeHead(format: AudioFormat, head: Buffer, totalSamples: number): Buffer | undefined {
  if (format === "wav") return wavHeader(totalSamples * 2);
  return format === "flac" ? new FlacLength(totalSamples).push(head) : undefined;
}
