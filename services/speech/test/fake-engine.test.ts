import { describe, expect, it } from "vitest";

import { engineConformance } from "./engine-conformance.ts";
import { fakeEngine } from "./fake-engine.ts";

const never = new AbortController().signal;
const hello = { text: "Hello, world.", voice: "alto", speed: 1 };

describe("the fake engine", () => {
  engineConformance({ start: async () => fakeEngine({ delayMs: 60 }), voice: "alto" });

  it("fails on the calls that it is told to fail on, and counts", async () => {
    const engine = fakeEngine({ failsOn: (call) => call === 2 });
    await engine.synthesise(hello, never);
    await expect(engine.synthesise(hello, never)).rejects.toMatchObject({ code: "speech_failed" });
    await engine.synthesise(hello, never);
    expect(engine.calls).toHaveLength(3);
  });

  it("gives the same samples for the same utterance only", async () => {
    const engine = fakeEngine({ tellsWords: true });
    const [first, again, other] = await Promise.all(
      [hello, hello, { ...hello, text: "Hello, moon!!" }].map((each) => engine.synthesise(each, never)),
    );
    expect(again).toEqual(first);
    expect(other?.samples).not.toEqual(first?.samples);
    expect(first?.words?.map(({ word }) => word)).toEqual(["Hello,", "world."]);
    expect(engine.mostAtOnce).toBe(3);
  });
});
