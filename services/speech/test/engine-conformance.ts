import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { sampleRateHz } from "../src/core/pcm.ts";
import type { Engine, Utterance } from "../src/engines/engine.ts";

const patient = new AbortController().signal;
const sentence = "The quick brown fox jumps over the lazy dog.";

/** What every engine must be able to do; `start` makes one with at least one voice. */
export function engineConformance(name: string, start: () => Promise<Engine>): void {
  describe(`${name}, as an engine`, () => {
    it("says a sentence, audibly, in about the time that it takes to say, faster when asked to", async () => {
      await using rig = await rigOf(start);
      const seconds = [];
      for (const speed of [0.5, 1, 2]) {
        const { samples } = await rig.engine.synthesise(rig.utterance({ speed }), patient);
        expect(loudness(samples)).toBeGreaterThan(300);
        seconds.push(samples.length / sampleRateHz);
      }
      expect(seconds[1]).toBeGreaterThan(1.5);
      expect(seconds[1]).toBeLessThan(6);
      expect(seconds[0]).toBeGreaterThan((seconds[1] ?? 0) * 1.5);
      expect(seconds[2]).toBeLessThan((seconds[1] ?? 0) * 0.7);
    });

    it("says the same utterance the same way, under the same fingerprint", async () => {
      await using rig = await rigOf(start);
      const [a, b] = await Promise.all([1, 2].map(() => rig.engine.synthesise(rig.utterance({}), patient)));
      expect(a?.samples).toEqual(b?.samples);
      await using other = await rigOf(start);
      expect(other.engine.fingerprint(other.voice)).toBe(rig.engine.fingerprint(rig.voice));
    });

    it.each([
      ["what looks like an option", "--help -f /etc/passwd"],
      ["what looks like phonemes", "[[h@l'oU]] and [[[["],
      ["what looks like markup", '<audio src="/etc/passwd"/> a < b & c <break'],
      ["signs and letters of many scripts", "שלום עולم مرحبا 你好 😀 \u{1F468}\u200D\u{1F469} ½ — “ ”"],
      ["what is no text", "\uD800\0\u0001\u202E"],
      ["a word of ten thousand letters", "w".repeat(10_000)],
    ])("does not mind %s", async (_what, text) => {
      await using rig = await rigOf(start);
      const { samples } = await rig.engine.synthesise(rig.utterance({ text }), patient);
      expect(samples.length).toBeLessThan(sampleRateHz * 300);
    });

    it("stops within 100 ms when nobody listens any more, and leaves no process", async () => {
      await using rig = await rigOf(start);
      await rig.engine.synthesise(rig.utterance({}), patient);
      const before = children();
      const left = new AbortController();
      const text = "many words ".repeat(20_000);
      const work = rig.engine.synthesise(rig.utterance({ text }), left.signal);
      setTimeout(() => left.abort(new Error("left")), 40);
      const abortedMs = new Promise<number>((resolve) =>
        left.signal.addEventListener("abort", () => resolve(performance.now())),
      );
      await expect(work).rejects.toThrow("left");
      expect(performance.now() - (await abortedMs)).toBeLessThan(100);
      await expect.poll(children).toEqual(before);
    });

    it("says many at a time, and what it says next after a failure", async () => {
      await using rig = await rigOf(start);
      const many = Array.from({ length: 20 }, (_, i) =>
        rig.engine.synthesise(rig.utterance({ text: `Number ${i}. ${sentence}` }), patient),
      );
      for (const { samples } of await Promise.all(many)) expect(samples.length).toBeGreaterThan(sampleRateHz);
      await expect(rig.engine.synthesise(rig.utterance({ voice: "nobody" }), patient)).rejects.toMatchObject({
        code: "speech_failed",
      });
      expect((await rig.engine.synthesise(rig.utterance({}), patient)).samples.length).toBeGreaterThan(0);
    });
  });
}

async function rigOf(start: () => Promise<Engine>) {
  const engine = await start();
  const voice =
    (engine.voices.find(({ languages }) => languages[0] === "en-US") ?? engine.voices[0])?.id ?? "";
  const utterance = (part: Partial<Utterance>): Utterance => ({ text: sentence, voice, speed: 1, ...part });
  return { engine, voice, utterance, [Symbol.asyncDispose]: () => engine.close() };
}

function loudness(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

/** This process's children, those that nobody has waited for among them (proc(5)). */
function children(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const stat = /^\d+$/u.test(pid) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "";
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === `${process.pid}`;
    } catch {
      return false;
    }
  });
}
