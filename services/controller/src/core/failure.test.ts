import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { anyText, exited, limits, nowMs, worker } from "../../test/samples.ts";
import { describeExit, describeFault, describeRefusal, isFailure, tellingLines } from "./failure.ts";

const nobody = new Set<string>();

describe("which exits count as failures", () => {
  test.each([
    ["a crash while loading", 1, false, true],
    ["a crash while running", 139, true, true],
    ["a kill from outside", 137, true, true],
    ["an end of its own accord while loading: a bad flag can exit 0", 0, false, true],
    ["a clean end after a good run", 0, true, false],
    [
      "SIGTERM after a good run: a controller that died after its stop does not remember it",
      143,
      true,
      false,
    ],
    ["SIGTERM while loading, which only a stop sends", 143, false, false],
  ])("%s (exit code %i, was healthy: %s): %s", (_what, code, wasHealthy, expected) => {
    expect(isFailure(exited(code), nobody, wasHealthy)).toBe(expected);
  });

  test("what we stopped did not fail, whatever its exit code", () => {
    expect(isFailure(exited(137), new Set(["chat-1"]), true)).toBe(false);
  });

  test("S17: out of memory is a failure even with an innocent exit code", () => {
    const exit = { code: 0, oomKilled: true, message: "" };
    expect(isFailure(exited(0, { exit }), nobody, true)).toBe(true);
  });

  test("what runs or was never started has not failed", () => {
    expect(isFailure(worker(), nobody, true)).toBe(false);
    expect(isFailure(worker({ state: "created" }), nobody, false)).toBe(false);
  });
});

describe("what is said of a failure", () => {
  test("the model, when, the exit code and its last words", () => {
    const log = ["loading", "0.00.123.456 E error: unknown flag --fast"];
    expect(describeExit("chat", exited(1), "load", log, 600)).toEqual({
      phase: "load",
      code: "model_failed",
      message:
        "the worker of model chat ended while loading with exit code 1; it said: error: unknown flag --fast",
      containerId: "chat-1",
      atMs: nowMs,
    });
  });

  test("S17: out of memory names the limit and what to do", () => {
    const exit = { code: 137, oomKilled: true, message: "" };
    const { message } = describeExit("chat", exited(137, { exit }), "run", [], 600);
    expect(message).toBe(
      "the worker of model chat was killed while running because it ran out of memory (limit 600 MiB); give the model less context or fewer parallel slots, or raise its memoryMiB in benchai.yaml",
    );
  });

  test("a worker that was stopped for its load deadline or its health says so", () => {
    const at = { ...limits, nowMs };
    const late = describeFault("chat", worker(), "load deadline passed", ["loading"], at);
    expect(late).toMatchObject({ phase: "load", containerId: "chat-1", atMs: nowMs });
    expect(late.message).toBe(
      "the worker of model chat was not ready 120 s after its start and was stopped; raise limits.loadDeadlineS in benchai.yaml if it needs longer; it said: loading",
    );
    expect(describeFault("chat", worker(), "unhealthy", [], at)).toMatchObject({
      phase: "run",
      message: "the worker of model chat stopped answering its health checks and was stopped",
    });
  });

  test("a refusal of the engine says whose worker, and a taken name speaks for itself", () => {
    const refused = describeRefusal("chat", new Error("no space left\non device"), nowMs);
    expect(refused).toMatchObject({ phase: "create", code: "model_failed", containerId: "" });
    expect(refused.message).toBe("the engine refused the worker of chat: no space left on device");
    const taken = new AppError("container_name_taken", "the name x is held");
    expect(describeRefusal("chat", taken, nowMs)).toMatchObject({
      code: "container_name_taken",
      message: "the name x is held",
    });
  });
});

describe("telling lines", () => {
  test("the first that speak of an error are chosen; without any, the last", () => {
    expect(tellingLines(["a", "error: one", "b", "failed two", "c"])).toBe("error: one | failed two");
    expect(tellingLines(["a", "b", "c", "d"])).toBe("b | c | d");
    expect(tellingLines([])).toBe("");
  });

  test("F8: control, direction and line characters cannot forge another line of a log", () => {
    const hostile = "error\r\n2026 INFO all good\u001b[2K\u202e\u2028\u0000end";
    expect(tellingLines([hostile])).toBe("error 2026 INFO all good [2K end");
  });

  test("F8: for any bytes, one line of bounded length without control characters", () => {
    fc.assert(
      fc.property(fc.array(anyText(40), { maxLength: 20 }), (lines) => {
        const said = tellingLines(lines);
        expect(said).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(said.length).toBeLessThanOrEqual(601);
      }),
      { numRuns: 40 },
    );
  });
});
