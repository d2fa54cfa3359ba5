import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { engineConformance } from "./engine-conformance.ts";
import { ToneEngine, toneOf } from "./tone-engine.ts";

describe("the engine of the tests", () => {
  const before = (_utterance: unknown, signal: AbortSignal) => delay(60, undefined, { signal });
  engineConformance({ start: async () => new ToneEngine({ before }), voice: "tone", tellsWords: true });

  it("gives the same samples for the same text only, and says when each word is heard", () => {
    expect(toneOf("Hello, world.")).toEqual(toneOf("Hello, world."));
    expect(toneOf("Hello, world.").samples).not.toEqual(toneOf("Hello, moon!!").samples);
    expect(toneOf("Hello, world.").words?.map(({ word }) => word)).toEqual(["Hello", "world"]);
  });
});
