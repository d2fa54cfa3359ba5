import { AppError } from "@benchai/contract/errors";

import { leavable, until } from "./core/abortable.ts";
import type { Rank } from "./core/admission.ts";
import { durationMs, sampleRateHz, type WordTiming } from "./core/pcm.ts";
import type { Piece, SpokenPiece } from "./core/piece.ts";
import { Gate } from "./edge/gate.ts";
import { Holds } from "./edge/holds.ts";
import type { Cached, PcmCache } from "./edge/pcm-cache.ts";
import type { Engine, Utterance } from "./engines/engine.ts";

/** An engine and a voice of it. */
export type Rung = { readonly engine: Engine; readonly voice: string };

export type SpeakOptions = {
  /** What speaks first, and then what speaks when that fails; at least one. */
  readonly ladder: readonly Rung[];
  readonly speed: number;
  /** Nobody listens yet: all that is listened to goes first, and who bounds such requests is the caller. */
  readonly isJob?: boolean;
};

/** A sentence or a pause as it is heard. Samples may belong to others too: nobody may change them. */
export type SpokenPart = {
  readonly samples: Int16Array;
  /** From the part's beginning, from engines that tell. */
  readonly words?: readonly WordTiming[];
  /** Empty for a pause. */
  readonly text: string;
  /** From the beginning of the whole. */
  readonly startMs: number;
  readonly isHit: boolean;
  /** Who says it; for a pause, who speaks around it. */
  readonly engine: string;
};

/** A piece in sound, unless it is a pause, and the rung that says it. */
type Made = { readonly piece: Piece; readonly rung: number; readonly cached?: Cached };
/** What the pieces of a request have in common. */
type Request = SpeakOptions & {
  readonly signal: AbortSignal;
  /** The rung that new pieces begin with: those before it have failed. */
  rung: number;
  hasBegun: boolean;
};

export type SpeakerOptions = {
  readonly cache: PcmCache;
  /** How many requests speak at a time, and how many more wait. */
  readonly maxSpeaking: number;
  readonly maxQueue: number;
};

/** Besides the piece that is waited for, so many are made. */
const lookAhead = 2;
/** A sentence of a job waits so long at most for requests that hear nothing yet. */
const mostHeldMs = 1_000;
/** Silence comes in parts of at most this length, so that a long one takes no memory. */
const maxSilenceMs = 1_000;

/** Says texts, piece after piece, each by the cache or by an engine. */
export class Speaker {
  readonly #cache: PcmCache;
  readonly #requests: Gate;
  readonly #engines = new WeakMap<Engine, Gate>();
  readonly #holds = new Holds();

  constructor({ cache, maxSpeaking, maxQueue }: SpeakerOptions) {
    this.#cache = cache;
    this.#requests = new Gate(maxSpeaking, maxQueue, "requests to speak");
  }

  /** Requests that speak, and that wait to. */
  get speaking(): number {
    return this.#requests.held;
  }

  get waiting(): number {
    return this.#requests.waiting;
  }

  /** Keeps jobs from beginning with another sentence until the answer is called: somebody hears nothing yet. */
  holdJobs(): () => void {
    return this.#holds.hold();
  }

  /**
   * The parts in order, made as they are asked for and, behind the first, two ahead. A piece on which an engine fails is said by the next of the
   * ladder, and so is all that comes after it. Errors: `queue_full`, at the first part; the last engine's; what `pieces`
   * throws; the reason of `signal`.
   */
  speak(
    pieces: Iterable<Piece> | AsyncIterable<Piece>,
    options: SpeakOptions,
    signal: AbortSignal,
  ): AsyncIterableIterator<SpokenPart> {
    return leavable(signal, (either) => this.#parts(pieces, options, either));
  }

  async *#parts(
    pieces: Iterable<Piece> | AsyncIterable<Piece>,
    options: SpeakOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SpokenPart, void> {
    const source = until(signal, asAsync(pieces));
    let leave = () => {};
    let samplesBefore = 0;
    try {
      // A text that is still to be written holds no place.
      const first = await source.next();
      if (first.done) return;
      if (!options.isJob) leave = await this.#requests.enter(signal);
      const request = { ...options, signal, rung: 0, hasBegun: false };
      for await (const made of this.#inOrder(resumed(first.value, source), request)) {
        for (const part of partsOf(made, options.ladder)) {
          signal.throwIfAborted();
          yield { ...part, startMs: durationMs(samplesBefore) };
          samplesBefore += part.samples.length;
        }
      }
    } finally {
      leave();
      // Not waited for: it may wait for a piece, until the signal aborts, which is next.
      source.return().catch(() => undefined);
    }
  }

  async *#inOrder(source: AsyncGenerator<Piece, void>, request: Request): AsyncGenerator<Made, void> {
    const line: Promise<Made | undefined>[] = [];
    let last: Promise<Made | undefined> = Promise.resolve(undefined);
    // The first piece alone: the others, made beside it, would delay the first sound.
    for (let ahead = 0; ; ahead = lookAhead) {
      while (line.length <= ahead) {
        last = this.#make(source.next(), last, request);
        // Whoever comes to it hears of the failure.
        last.catch(() => undefined);
        line.push(last);
      }
      const made = await line.shift();
      if (!made) return;
      yield made;
    }
  }

  /** A piece as soon as it is there: at once by the rung of now, and again when it turns out that one before it needs a later rung. */
  async #make(
    next: Promise<IteratorResult<Piece, void>>,
    before: Promise<Made | undefined>,
    request: Request,
  ): Promise<Made | undefined> {
    const { value: piece } = await next;
    if (!piece) return undefined;
    if (piece.kind === "pause") return { piece, rung: (await before)?.rung ?? 0 };
    const rank = rankOf(request);
    request.hasBegun = true;
    const made = await this.#climb(piece, request.rung, rank, request);
    const rung = (await before)?.rung ?? 0;
    return made.rung >= rung ? made : this.#climb(piece, rung, rank, request);
  }

  /** The piece by this rung, or by the first one after it that can. */
  async #climb(piece: SpokenPiece, rung: number, rank: Rank, request: Request): Promise<Made> {
    const { ladder, signal } = request;
    const step = ladder[rung];
    if (!step) throw new AppError("speech_unavailable", "There is no voice that could speak.");
    request.rung = Math.max(request.rung, rung);
    try {
      return { piece, rung, cached: await this.#say(piece, step, rank, request) };
    } catch (error) {
      signal.throwIfAborted();
      if (rung + 1 >= ladder.length || !isOfEngine(error)) throw error;
      return this.#climb(piece, rung + 1, rank, request);
    }
  }

  #say(piece: SpokenPiece, { engine, voice }: Rung, rank: Rank, request: Request): Promise<Cached> {
    const utterance = utteranceOf(piece, voice, request.speed);
    const key = { ...utterance, engine: engine.name, fingerprint: engine.fingerprint(voice) };
    const make = async (signal: AbortSignal) => {
      if (rank === "job") await this.#holds.wait(mostHeldMs, signal);
      return this.#gateOf(engine).run(signal, rank, () => engine.synthesise(utterance, signal));
    };
    return this.#cache.get(key, make, request.signal, rank === "job" ? "job" : "live");
  }

  #gateOf(engine: Engine): Gate {
    // The requests that speak bound who waits here.
    const gate = this.#engines.get(engine) ?? new Gate(engine.concurrency, Infinity, "sentences");
    this.#engines.set(engine, gate);
    return gate;
  }
}

function rankOf({ isJob, hasBegun }: Request): Rank {
  if (isJob) return "job";
  return hasBegun ? "ahead" : "first";
}

function isOfEngine(error: unknown): boolean {
  return error instanceof AppError && (error.code === "speech_failed" || error.code === "speech_unavailable");
}

function utteranceOf({ text, rate, language, ipa }: SpokenPiece, voice: string, speed: number): Utterance {
  return {
    text,
    voice,
    speed: Math.min(16, Math.max(0.0625, speed * rate)),
    ...(language !== undefined && { language }),
    ...(ipa !== undefined && { ipa }),
  };
}

function* partsOf(
  { piece, rung, cached }: Made,
  ladder: readonly Rung[],
): Generator<Omit<SpokenPart, "startMs">> {
  const engine = ladder[rung]?.engine.name ?? "";
  if (piece.kind === "speech") {
    if (cached) yield { ...cached.spoken, text: piece.text, isHit: cached.isHit, engine };
    return;
  }
  const mostSamples = (maxSilenceMs * sampleRateHz) / 1_000;
  for (let left = Math.round((piece.ms * sampleRateHz) / 1_000); left > 0; left -= mostSamples) {
    yield { samples: new Int16Array(Math.min(left, mostSamples)), text: "", isHit: false, engine };
  }
}

async function* resumed<T>(first: T, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  yield first;
  yield* rest;
}

async function* asAsync<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}
