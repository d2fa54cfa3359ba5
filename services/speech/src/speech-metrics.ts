import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const firstAudioBucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

const realTimeBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

/** Requests that speak now, and those that wait. */
export type SpeechLoad = () => { readonly speaking: number; readonly waiting: number };

/** The speech service's figures. Engines' names are ours: clients invent no labels. */
export function createSpeechMetrics(registry: Registry, load: SpeechLoad) {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge("benchai_speech_speaking", "Requests that are spoken.", () => load().speaking);
  gauge("benchai_speech_waiting", "Requests that wait for their turn.", () => load().waiting);
  return {
    requests: new Counter({
      name: "benchai_speech_requests_total",
      help: "Requests for speech by format and how they ended: done, failed, or left by their client.",
      labelNames: ["format", "outcome"],
      registers,
    }),
    firstAudio: new Histogram({
      name: "benchai_speech_first_audio_seconds",
      help: "From a request's arrival to its first bytes of sound.",
      labelNames: ["format"],
      buckets: firstAudioBucketsS,
      registers,
    }),
    realTime: new Histogram({
      name: "benchai_speech_real_time_factor",
      help: "Time that an engine took to say a sentence, over the time that it lasts.",
      labelNames: ["engine"],
      buckets: realTimeBuckets,
      registers,
    }),
    utterances: new Counter({
      name: "benchai_speech_utterances_total",
      help: "Sentences that an engine was asked to say, by how that ended: done, failed, or cancelled.",
      labelNames: ["engine", "outcome"],
      registers,
    }),
    pieces: new Counter({
      name: "benchai_speech_pieces_total",
      help: "Sentences by the engine and whether it had to say them: engine or cache.",
      labelNames: ["engine", "from"],
      registers,
    }),
  };
}

export type SpeechMetrics = ReturnType<typeof createSpeechMetrics>;
