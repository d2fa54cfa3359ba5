import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createLogger } from "@benchai/kernel/log";

import { count, temporaryFolder } from "../test/folder.ts";
import { type Db, openWriter } from "./edge/store/open.ts";
import { failTurn, finishTurn, keepTurn, waitingTurns } from "./edge/store/turns.ts";
import { IdleExtraction } from "./idle-extraction.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { Jobs } from "@benchai/jobs/jobs";

const minuteMs = 60_000;
const turn = { namespace: "", conversation: "c1", messages: [{ role: "user", content: "I live in Linz." }] };

describe("turns that are kept", () => {
  let db: Db;
  let extraction: IdleExtraction;
  /** What the router says of its quiet, one answer a question; the last one stands. */
  let quiet: (number | "away")[];
  let asked: number;
  let created: string[];
  const jobs: Pick<Jobs<JobKind>, "create"> = {
    create: async ({ kind }) => {
      created.push(kind);
      return { id: "1", kind, state: "queued", attempt: 0, done: 0, message: "", created_at: "" };
    },
  };
  const router = {
    quietMs: async () => {
      asked += 1;
      const answer = (quiet.length > 1 ? quiet.shift() : quiet[0]) ?? 0;
      if (answer === "away") throw new Error("ECONNREFUSED");
      return answer;
    },
    complete: () => Promise.reject(new Error("the model cannot be reached")),
  };

  function extractionWith(model: string): IdleExtraction {
    const store = {
      read: { waitingTurns: async (page: Parameters<typeof waitingTurns>[1]) => waitingTurns(db, page) },
      write: {
        keepTurn: async (call: Parameters<typeof keepTurn>[1]) => keepTurn(db, call),
        finishTurn: async (call: Parameters<typeof finishTurn>[1]) => finishTurn(db, call),
        failTurn: async (call: Parameters<typeof failTurn>[1]) => failTurn(db, call),
      },
    };
    return new IdleExtraction(store, router, model, createLogger("test", "silent"));
  }

  beforeEach(() => {
    vi.useFakeTimers();
    db = openWriter(join(temporaryFolder(), "knowledge.db"));
    [quiet, asked, created] = [[10 * minuteMs], 0, []];
    extraction = extractionWith("m");
    extraction.start(jobs);
  });
  afterEach(() => {
    extraction.close();
    db.close();
    vi.useRealTimers();
  });

  it("are read once nobody has chatted for a minute, with knowledge or without", async () => {
    await extraction.keep("ann", turn);
    // Somebody chats, then chatted 20 s ago, then not for a minute.
    quiet = [0, 20_000, minuteMs];
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect([asked, created]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect([asked, created]).toEqual([2, []]);
    await vi.advanceTimersByTimeAsync(39_999);
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect([asked, created]).toEqual([3, ["extract"]]);
    await vi.advanceTimersByTimeAsync(60 * minuteMs);
    expect(created).toHaveLength(1);
  });

  it("wait while the router cannot be asked", async () => {
    await extraction.keep("ann", turn);
    quiet = ["away", "away", minuteMs];
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(created).toEqual([]);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(created).toEqual(["extract"]);
  });

  it("of an earlier run of the service are read, and where none wait nobody is asked", async () => {
    await vi.advanceTimersByTimeAsync(10 * minuteMs);
    expect([asked, created]).toEqual([0, []]);
    keepTurn(db, { owner: "ann", turn, nowMs: 0 });
    extraction.close();
    extraction = extractionWith("m");
    extraction.start(jobs);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(created).toEqual(["extract"]);
  });

  it("stay when their model cannot be reached, and are tried again later", async () => {
    await extraction.keep("ann", turn);
    await vi.advanceTimersByTimeAsync(minuteMs);
    const control = { signal: new AbortController().signal, report: () => undefined };
    const run = extraction.handler();
    await expect(run({} as Parameters<typeof run>[0], control)).rejects.toThrow("cannot be reached");
    expect(count(db, "turns")).toBe(1);
    await vi.advanceTimersByTimeAsync(10 * minuteMs);
    expect(created).toEqual(["extract", "extract"]);
  });

  it("are refused when no model reads them", async () => {
    await expect(extractionWith("").keep("ann", turn)).rejects.toMatchObject({
      code: "invalid_request",
      param: "save",
    });
    expect(count(db, "turns")).toBe(0);
  });
});
