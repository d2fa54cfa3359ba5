import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { Thread } from "./thread.ts";

/** What the served module below offers. */
type Api = {
  readonly echo: (value: unknown) => unknown;
  readonly record: (name: string) => number;
  readonly recorded: (nothing: undefined) => string[];
  readonly hold: (gate: SharedArrayBuffer) => void;
  readonly refuse: (code: "not_found") => never;
  readonly fail: (message: string) => never;
  readonly unsendable: (nothing: undefined) => unknown;
  readonly die: (code: number) => never;
};

const module = `
import { workerData } from "node:worker_threads";
import { AppError } from ${JSON.stringify(new URL("../../contract/src/errors.ts", import.meta.url).href)};
import { serveThread } from ${JSON.stringify(new URL("thread-server.ts", import.meta.url).href)};
if (workerData === "broken") throw new Error("cannot initialise");
const order = [];
serveThread({
  echo: (value) => value,
  record: (name) => order.push(name),
  recorded: () => order,
  hold: (gate) => void Atomics.wait(new Int32Array(gate), 0, 0, 10_000),
  refuse: (code) => { throw new AppError(code, "no such thing", { retryAfterS: 7 }); },
  fail: (message) => Promise.reject(new TypeError(message)),
  unsendable: () => () => 1,
  die: (code) => process.exit(code),
});
`;

describe("a thread", () => {
  let folder: string;
  let file: URL;
  let threads: Thread<Api>[] = [];
  const deaths: Error[] = [];
  const answers: unknown[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "thread-"));
    writeFileSync(join(folder, "served.mjs"), module);
    file = pathToFileURL(join(folder, "served.mjs"));
  });
  afterEach(async () => {
    await Promise.all(threads.map((thread) => thread.close()));
    threads = [];
    deaths.length = 0;
    answers.length = 0;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function start(data: unknown = "fine"): Thread<Api> {
    const thread = new Thread<Api>(
      file,
      data,
      (error) => deaths.push(error),
      ["recorded"],
      (error) => answers.push(error),
    );
    threads.push(thread);
    return thread;
  }

  /** Keeps a thread busy until it is let go. */
  function hold(thread: Thread<Api>): { held: Promise<void>; letGo: () => void } {
    const gate = new SharedArrayBuffer(4);
    const letGo = () => {
      Atomics.store(new Int32Array(gate), 0, 1);
      Atomics.notify(new Int32Array(gate), 0);
    };
    return { held: thread.call.hold(gate), letGo };
  }

  it("answers with what its function gave, for arguments that a structured clone can carry", async () => {
    const thread = start();
    const value = {
      list: [1, 2],
      floats: new Float32Array([1.5]),
      map: new Map([[1, "a"]]),
      none: undefined,
    };
    expect(await thread.call.echo(value)).toEqual(value);
  });

  it("takes calls before it is ready, and says when it is", async () => {
    const thread = start();
    const early = thread.call.echo("early");
    await thread.ready;
    expect(await early).toBe("early");
  });

  it("does one call at a time, in their order, urgent ones before all that waits", async () => {
    const thread = start();
    await thread.ready;
    const { held, letGo } = hold(thread);
    const calls = ["first", "second", "third"].map((name) => thread.call.record(name));
    const urgent = thread.call.recorded(undefined);
    letGo();
    expect(await urgent).toEqual([]);
    await Promise.all([held, ...calls]);
    expect(await thread.call.recorded(undefined)).toEqual(["first", "second", "third"]);
  });

  it("carries an AppError across with its class, code and wait", async () => {
    const error = await start()
      .call.refuse("not_found")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "not_found", message: "no such thing", retryAfterS: 7 });
  });

  it("goes on after a call that failed, and tells of both", async () => {
    const thread = start();
    await expect(thread.call.fail("broken")).rejects.toThrow("broken");
    expect(await thread.call.echo(1)).toBe(1);
    expect(deaths).toEqual([]);
    expect(answers).toEqual([expect.objectContaining({ message: "broken" }), undefined]);
  });

  it("rejects what runs and what waits when it dies, says so once, and rejects what comes later", async () => {
    const thread = start();
    const calls = [thread.call.die(3), thread.call.echo("waits")];
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: "rejected", reason: { message: "thread ended with 3" } });
    await expect(thread.call.echo("late")).rejects.toThrow("thread ended with 3");
    expect(deaths.map((error) => error.message)).toEqual(["thread ended with 3"]);
  });

  it("rejects with its error when it cannot initialise", async () => {
    const thread = start("broken");
    const call = thread.call.echo(1);
    await expect(thread.ready).rejects.toThrow("cannot initialise");
    await expect(call).rejects.toThrow("cannot initialise");
    expect(deaths).toHaveLength(1);
  });

  it("rejects what waits when it is closed, and that is no death", async () => {
    const thread = start();
    await thread.ready;
    const { held } = hold(thread);
    const waiting = thread.call.echo(1);
    const outcomes = Promise.allSettled([held, waiting]);
    await thread.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { message: "the thread was closed" } });
    expect(deaths).toEqual([]);
  });

  it("rejects a call whose argument or answer cannot travel, and goes on", async () => {
    const thread = start();
    await thread.ready;
    await expect(thread.call.echo(() => 1)).rejects.toThrow(/could not be cloned/);
    await expect(thread.call.unsendable(undefined)).rejects.toThrow(/could not be cloned/);
    expect(await thread.call.echo(2)).toBe(2);
  });
});
