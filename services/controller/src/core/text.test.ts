import { expect, test } from "vitest";

import type { ControllerStatus } from "@benchai/contract/models";

import { entry, nowMs, penalty, queued, situation, worker } from "../../test/samples.ts";
import { decide } from "./decide.ts";
import { decisionText, statusText } from "./text.ts";
import { modelViews } from "./view.ts";

const entries = [
  entry({ name: "chat" }),
  entry({ name: "code", memoryMiB: 1_200, contextTokens: 4_096, parallel: 1 }),
  entry({ name: "huge", memoryMiB: 9_000 }),
];
const s = situation({
  entries,
  observed: [worker({ containerId: "0123456789abcdef", sinceMs: nowMs - 65_000 })],
  demand: new Map([
    ["code", queued],
    ["huge", queued],
  ]),
  penalties: new Map([["code", penalty({ failures: 3 })]]),
});

function status(over: Partial<ControllerStatus> = {}): ControllerStatus {
  return {
    stack: "stack",
    role: "leader",
    lookAgeMs: 5,
    engine: { ok: true },
    config: { ok: true },
    models: modelViews(s, decide(s)),
    ...over,
  };
}

test("the status is a table for a terminal, with the reasons below", () => {
  expect(statusText(status(), nowMs)).toBe(
    `controller: leader, engine ok, config ok

MODEL  STATE       WORKER        HEALTH   AGE   FAILURES  MEMORY    DEVICE  CONTEXT
chat   ready       0123456789ab  healthy  65 s  0         600 MiB   cpu     8192 x 2
code   crash-loop  -             -        -     3         1200 MiB  cpu     4096 x 1
huge   queued      -             -        -     0         9000 MiB  cpu     8192 x 2

code: the worker of model chat ended while loading with exit code 1 (3 failures in a row)
huge: no room for huge: it needs 9000 MiB, more than the whole budget of 2000 MiB; lower its context in benchai.yaml, or raise limits.memoryMiB
`,
  );
});

test("an engine that is away and a rejected configuration head the status", () => {
  const engine = { ok: false, message: "connect ENOENT" };
  const config = { ok: false, message: "benchai.yaml:1:1: model: unknown setting" };
  expect(statusText(status({ engine, config, models: [] }), nowMs)).toBe(
    `controller: leader, engine away (connect ENOENT), config rejected, the last good one is in force
benchai.yaml:1:1: model: unknown setting

MODEL  STATE  WORKER  HEALTH  AGE  FAILURES  MEMORY  DEVICE  CONTEXT
`,
  );
});

test("a worker from the future has no negative age", () => {
  const text = statusText(status(), nowMs - 100_000);
  expect(text).toContain("  0 s  ");
});

test("the plan is one line a step, then who waits for what, then when to look again", () => {
  const later = situation({ ...s, penalties: new Map() });
  expect(decisionText(decide(later))).toBe(
    `create code (missing)
blocked huge (it needs 9000 MiB, more than the whole budget of 2000 MiB; lower its context in benchai.yaml, or raise limits.memoryMiB)
look again in 0 ms
`,
  );
  expect(decisionText(decide(situation()))).toBe("nothing to do\n");
});
