import { durationMs } from "./core/pcm.ts";
import type { Engine } from "./engines/engine.ts";
import type { SpeechMetrics } from "./speech-metrics.ts";

/** The same engine, whose work is counted and timed. */
export function measured(engine: Engine, { utterances, realTime }: SpeechMetrics): Engine {
  const { name } = engine;
  return {
    name,
    concurrency: engine.concurrency,
    get voices() {
      return engine.voices;
    },
    fingerprint: (voice) => engine.fingerprint(voice),
    close: () => engine.close(),
    async synthesise(utterance, signal) {
      const startedMs = performance.now();
      try {
        const spoken = await engine.synthesise(utterance, signal);
        utterances.inc({ engine: name, outcome: "done" });
        const lastsMs = durationMs(spoken.samples.length);
        if (lastsMs > 0) realTime.observe({ engine: name }, (performance.now() - startedMs) / lastsMs);
        return spoken;
      } catch (error) {
        utterances.inc({ engine: name, outcome: signal.aborted ? "cancelled" : "failed" });
        throw error;
      }
    },
  };
}
