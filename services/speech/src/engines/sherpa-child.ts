import { writeFileSync } from "node:fs";

import sherpa, { type OfflineTts } from "sherpa-onnx-node";

import { joinedSamples } from "../core/joined-samples.ts";
import { sampleRateHz } from "../core/pcm.ts";
import { Resampler } from "../core/resample.ts";

export type SherpaRequest = {
  /** Other than before when the model is. */
  readonly key: string;
  readonly config: object;
  readonly threads: number;
  readonly text: string;
  readonly at: number;
  readonly speed: number;
};
export type SherpaAnswer = { readonly samples: Int16Array } | { readonly problem: string };

/**
 * The process in which neural models speak, one utterance at a time. A broken model ends it, often without a word, which is
 * why it is one: it loads each model at its first use and keeps it.
 */
const loaded = new Map<string, Promise<OfflineTts>>();
/** A model's memory grows with the square of what it says at once. */
const piece = /\S.{0,399}(?=\s|$)|\S.{0,399}/gsu;

// When memory is short, this process goes rather than the service.
try {
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Not Linux, or not allowed: it goes on without.
}

process.on("message", (request: SherpaRequest) => {
  // Not awaited: a message has nobody to wait, and `answer` fails never.
  void answer(request).then((said) => process.send?.(said));
});
// Whatever it is doing is for nobody now, and a model may not be ended halfway in an orderly manner.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

async function answer({ text, at, speed, ...request }: SherpaRequest): Promise<SherpaAnswer> {
  try {
    const model = await modelOf(request);
    const parts: Int16Array[] = [];
    for (const part of text.match(piece) ?? []) {
      // Not `generateAsync`: what ends the process here leaves that waiting for ever (tokens.txt without `^`, 1.13.8).
      const { samples } = model.generate({ text: part, sid: at, speed });
      if (samples) parts.push(sixteenBit(samples));
    }
    const resampler = new Resampler(model.sampleRate, sampleRateHz);
    return { samples: joinedSamples([...parts.map((part) => resampler.push(part)), resampler.end()]) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function modelOf({
  key,
  config,
  threads,
}: Pick<SherpaRequest, "key" | "config" | "threads">): Promise<OfflineTts> {
  const known = loaded.get(key);
  if (known) return known;
  const model = { ...config, numThreads: threads, provider: "cpu", debug: 0 };
  const loading = sherpa.OfflineTts.createAsync({ model, maxNumSentences: 1 });
  loaded.set(key, loading);
  loading.catch(() => loaded.delete(key));
  return loading;
}

function sixteenBit(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length);
  for (const [i, sample] of samples.entries())
    out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767)));
  return out;
}
