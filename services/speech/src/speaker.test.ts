import { AppError } from "@benchai/contract/errors";
import { expect, test } from "vitest";

import { temporaryFolder } from "../test/folder.ts";
import { forever, ToneEngine, type ToneEngineOptions, toneOf } from "../test/tone-engine.ts";
import { durationMs } from "./core/pcm.ts";
import type { Piece } from "./core/piece.ts";
import { PcmCache } from "./edge/pcm-cache.ts";
import { Speaker, type SpokenPart } from "./speaker.ts";

const never = new AbortController().signal;

function speech(...texts: readonly string[]): Piece[] {
  return texts.map((text) => ({ kind: "speech", text, rate: 1 }));
}

function ladderOf(...engines: readonly ToneEngine[]) {
  return { ladder: engines.map((engine) => ({ engine, voice: "tone" })), speed: 1 };
}

async function newSpeaker(limits = { maxSpeaking: 4, maxQueue: 4 }): Promise<Speaker> {
  return new Speaker({ cache: await PcmCache.open(temporaryFolder(), { maxBytes: 0 }), ...limits });
}

/** An engine whose utterances end when the test says so, by their text. */
function heldEngine(options: ToneEngineOptions = {}) {
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const endOf = (text: string) => {
    const end = ends.get(text) ?? Promise.withResolvers<void>();
    ends.set(text, end);
    return end;
  };
  const before: ToneEngineOptions["before"] = ({ text }, signal) =>
    Promise.race([endOf(text).promise, forever(signal)]);
  const engine = new ToneEngine({ before, ...options });
  return { engine, end: (text: string) => endOf(text).resolve() };
}

function failingOn(name: string, ...texts: readonly string[]): ToneEngine {
  const before: ToneEngineOptions["before"] = ({ text }) => {
    if (texts.includes(text)) throw new AppError("speech_failed", `${name} broke on ${text}`);
  };
  return new ToneEngine({ name, before, concurrency: 4 });
}

const textsOf = (parts: readonly SpokenPart[]) => parts.map(({ text, engine }) => [text, engine]);

test("parts come in order, each where the one before it ends, with pauses as silence", async () => {
  const engine = new ToneEngine();
  const pieces: Piece[] = [...speech("one", "two"), { kind: "pause", ms: 2_500 }, ...speech("three")];
  const speaker = await newSpeaker();
  const parts = await Array.fromAsync(speaker.speak(pieces, ladderOf(engine), never));
  expect(parts.map(({ text }) => text)).toEqual(["one", "two", "", "", "", "three"]);
  let ms = 0;
  for (const { startMs, samples, text } of parts) {
    expect(startMs).toBeCloseTo(ms);
    ms += durationMs(samples.length);
    expect(samples).toEqual(text === "" ? new Int16Array(samples.length) : toneOf(text).samples);
  }
  expect(parts.slice(2, 5).map(({ samples }) => durationMs(samples.length))).toEqual([1_000, 1_000, 500]);
  expect(parts[0]?.words).toEqual(toneOf("one").words);
  expect(speaker.speaking).toBe(0);
});

test("a piece's own speed, language and sounds reach the engine", async () => {
  const engine = new ToneEngine();
  const piece: Piece = { kind: "speech", text: "a", rate: 0.5, language: "de", ipa: "aː" };
  const options = { ...ladderOf(engine), speed: 1.5 };
  await Array.fromAsync((await newSpeaker()).speak([piece], options, never));
  expect(engine.said).toEqual([{ text: "a", voice: "tone", speed: 0.75, language: "de", ipa: "aː" }]);
});

test("two pieces are made ahead of what is asked for, and none beside the first, however long the text is", async () => {
  const engine = new ToneEngine({ concurrency: 9 });
  let read = 0;
  function* text(): Generator<Piece> {
    for (;;) yield* speech(`piece ${(read += 1)}`);
  }
  const parts = (await newSpeaker()).speak(text(), ladderOf(engine), never);
  for (let heard = 1; heard <= 5; heard += 1) {
    await parts.next();
    await new Promise(setImmediate);
    const made = heard === 1 ? 1 : heard + 2;
    expect([read, engine.said.length]).toEqual([made, made]);
  }
  await parts.return?.();
});

test("a piece is said while the next ones have not been written yet", async () => {
  const written = Promise.withResolvers<void>();
  async function* text(): AsyncGenerator<Piece> {
    yield* speech("one");
    await written.promise;
    yield* speech("two");
  }
  const parts = (await newSpeaker()).speak(text(), ladderOf(new ToneEngine()), never);
  expect((await parts.next()).value).toMatchObject({ text: "one" });
  written.resolve();
  expect((await parts.next()).value).toMatchObject({ text: "two", startMs: 180 });
  expect(await parts.next()).toMatchObject({ done: true });
});

test("what was said before is a hit, and costs the engine nothing", async () => {
  const cache = await PcmCache.open(temporaryFolder(), { maxBytes: 10_000_000 });
  const speaker = new Speaker({ cache, maxSpeaking: 1, maxQueue: 0 });
  const engine = new ToneEngine();
  for (const isHit of [false, true]) {
    const parts = await Array.fromAsync(speaker.speak(speech("one", "two"), ladderOf(engine), never));
    expect(parts.map((part) => part.isHit)).toEqual([isHit, isHit]);
  }
  expect(engine.said).toHaveLength(2);
  await cache.close();
});

test("from the piece on which an engine fails the next one says all, also what was made ahead already", async () => {
  const speaker = await newSpeaker();
  for (const [failing, expected] of [
    [["c"], ["x", "x", "y", "y", "y"]],
    [["a"], ["y", "y", "y", "y", "y"]],
    [["e"], ["x", "x", "x", "x", "y"]],
    [
      ["b", "d"],
      ["x", "y", "y", "y", "y"],
    ],
  ] as const) {
    const options = ladderOf(failingOn("x", ...failing), new ToneEngine({ name: "y" }));
    const parts = await Array.fromAsync(speaker.speak(speech("a", "b", "c", "d", "e"), options, never));
    expect(textsOf(parts)).toEqual(["a", "b", "c", "d", "e"].map((text, i) => [text, expected[i]]));
  }
});

test("an engine that fails slowly, after the next pieces are done, still hands all of them over", async () => {
  const slow = heldEngine();
  const before: ToneEngineOptions["before"] = async ({ text }, signal) => {
    if (text !== "a") return;
    await Promise.race([slow.engine.synthesise({ text, voice: "tone", speed: 1 }, signal), forever(signal)]);
    throw new AppError("speech_failed", "broke late");
  };
  const x = new ToneEngine({ name: "x", concurrency: 4, before });
  const parts = (await newSpeaker()).speak(
    speech("first", "a", "b", "c"),
    ladderOf(x, new ToneEngine({ name: "y" })),
    never,
  );
  const heard = Array.fromAsync(parts);
  await expect.poll(() => x.said.length).toBe(4);
  slow.end("a");
  expect(textsOf(await heard)).toEqual([
    ["first", "x"],
    ["a", "y"],
    ["b", "y"],
    ["c", "y"],
  ]);
});

test("when the ladder ends, what was said before is heard and then the last engine's error", async () => {
  const speaker = await newSpeaker();
  const parts = speaker.speak(
    speech("a", "b", "c"),
    ladderOf(failingOn("x", "b"), failingOn("y", "b")),
    never,
  );
  expect((await parts.next()).value).toMatchObject({ text: "a", engine: "x" });
  await expect(parts.next()).rejects.toMatchObject({ code: "speech_failed", message: "y broke on b" });
  expect(speaker.speaking).toBe(0);
});

test("what is no engine's failure goes to no other engine", async () => {
  const x = new ToneEngine({
    before: () => {
      throw new AppError("shutting_down", "leaving");
    },
  });
  const y = new ToneEngine({ name: "y" });
  const parts = (await newSpeaker()).speak(speech("a"), ladderOf(x, y), never);
  await expect(parts.next()).rejects.toMatchObject({ code: "shutting_down" });
  expect(y.said).toEqual([]);
});

test("an abort, and a listener who leaves, end the engines' work and the reading of the text", async () => {
  for (const how of ["abort", "leave"] as const) {
    const { engine, end } = heldEngine({ concurrency: 4 });
    const abort = new AbortController();
    let isTextClosed = false;
    async function* text(): AsyncGenerator<Piece> {
      try {
        yield* speech("one", "two", "three", "four", "five");
      } finally {
        isTextClosed = true;
      }
    }
    const speaker = await newSpeaker();
    const parts = speaker.speak(text(), ladderOf(engine), abort.signal);
    end("one");
    await parts.next();
    const waiting = parts.next().catch((error: Error) => error.name);
    await expect.poll(() => engine.speaking).toBe(3);
    if (how === "abort") abort.abort();
    else await parts.return?.();
    expect(await waiting).toBe("AbortError");
    await expect.poll(() => engine.speaking, { timeout: 100, interval: 1 }).toBe(0);
    expect([isTextClosed, speaker.speaking]).toEqual([true, 0]);
  }
});

test("an engine says no more at a time than it can, first pieces before those made ahead", async () => {
  const { engine, end } = heldEngine({ concurrency: 1 });
  const speaker = await newSpeaker();
  const first = Array.fromAsync(speaker.speak(speech("a1", "a2", "a3"), ladderOf(engine), never));
  await expect.poll(() => engine.said.length).toBe(1);
  const second = Array.fromAsync(speaker.speak(speech("b1", "b2", "b3"), ladderOf(engine), never));
  await new Promise(setImmediate);
  for (const text of ["a1", "a2", "a3", "b1", "b2", "b3"]) end(text);
  await Promise.all([first, second]);
  expect(engine.said.map(({ text }) => text).slice(0, 2)).toEqual(["a1", "b1"]);
  expect(engine.mostSpeaking).toBe(1);
});

test("so many requests speak, so many wait, and the next is told that the queue is full", async () => {
  const { engine, end } = heldEngine();
  const speaker = await newSpeaker({ maxSpeaking: 1, maxQueue: 1 });
  const speak = (text: string) => Array.fromAsync(speaker.speak(speech(text), ladderOf(engine), never));
  const [one, two] = [speak("one"), speak("two")];
  await expect(speak("three")).rejects.toMatchObject({ code: "queue_full", retryAfterS: 1 });
  expect([speaker.speaking, speaker.waiting]).toEqual([1, 1]);
  end("one");
  await one;
  end("two");
  expect(textsOf(await two)).toEqual([["two", "tone"]]);
  expect(engine.mostSpeaking).toBe(1);
});
