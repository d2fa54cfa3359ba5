import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";

import { Registry } from "prom-client";
import { describe, expect, test, vi } from "vitest";

import { AppError } from "@benchai/contract/errors";
import type { ControllerStatus, Snapshot } from "@benchai/contract/models";
import { createLogger } from "@benchai/kernel/log";

import { entry, queued, situation, worker } from "../test/samples.ts";
import { type AppDeps, buildApp } from "./app.ts";
import { decide } from "./core/decide.ts";
import { modelViews } from "./core/view.ts";
import { Publisher } from "./publisher.ts";

const log = createLogger("test", "silent");
const s = situation({
  entries: [entry(), entry({ name: "code" })],
  observed: [worker()],
  demand: new Map([["code", queued]]),
});
const good: ControllerStatus = {
  stack: "stack",
  role: "leader",
  lookAgeMs: 5,
  engine: { ok: true },
  config: { ok: true },
  models: modelViews(s, decide(s)),
};
const snapshot = (over: Partial<ControllerStatus> = {}): Snapshot => ({
  status: { ...good, ...over },
  endpoints: {},
});

function app(over: Partial<AppDeps> = {}) {
  return buildApp({
    log,
    metrics: new Registry(),
    publisher: new Publisher(),
    status: () => good,
    decision: () => decide(s),
    reset: () => true,
    isStoreReachable: () => true,
    demand: { put: () => undefined, leaderUrl: () => undefined },
    ...over,
  });
}
const ask = (url: string, accept = "application/json", over: Partial<AppDeps> = {}) =>
  app(over).inject({ url, headers: { accept } });

describe("PUT /demand", () => {
  const report = { routerId: "r", models: { chat: queued } };
  const put = (payload: object | string, over: Partial<AppDeps> = {}) =>
    app(over).inject({
      method: "PUT",
      url: "/demand",
      payload,
      headers: { "content-type": "application/json" },
    });

  test("hands a report on", async () => {
    const seen: unknown[] = [];
    const demand = { put: (r: unknown) => void seen.push(r), leaderUrl: () => undefined };
    expect((await put(report, { demand })).statusCode).toBe(204);
    expect(seen).toEqual([report]);
  });

  test.each<[string, object | string]>([
    ["no router", { models: {} }],
    ["an empty router", { routerId: "", models: {} }],
    ["no models", { routerId: "r" }],
    ["a negative count", { routerId: "r", models: { a: { ...queued, queued: -1 } } }],
    ["half a request", { routerId: "r", models: { a: { ...queued, inFlight: 0.5 } } }],
    ["a count that is a text", { routerId: "r", models: { a: { ...queued, queued: "1" } } }],
    ["no object", "[]"],
    ["no JSON", "{"],
  ])("refuses a report with %s", async (_what, payload) => {
    const seen: unknown[] = [];
    const demand = { put: (r: unknown) => void seen.push(r), leaderUrl: () => undefined };
    const response = await put(payload, { demand });
    expect(response.statusCode).toBe(400);
    expect(response.json().error.code).toMatch(/^invalid_(request|json)$/);
    expect(seen).toEqual([]);
  });

  test("B7: a model named __proto__ is a model or refused, and pollutes nothing", async () => {
    const text = `{"routerId":"r","models":{"__proto__":{"inFlight":1,"queued":0,"oldestWaitMs":0}}}`;
    expect([204, 400]).toContain((await put(text)).statusCode);
    expect(({} as Record<string, unknown>)["inFlight"]).toBeUndefined();
  });

  test("S2: a passive controller keeps the report and passes it on to the leader, once", async () => {
    const got: unknown[] = [];
    const leader = app({ demand: { put: (r) => void got.push(r), leaderUrl: () => "http://127.0.0.1:1" } });
    const url = await leader.listen({ port: 0, host: "127.0.0.1" });
    const kept: unknown[] = [];
    const demand = { put: (r: unknown) => void kept.push(r), leaderUrl: () => url };
    expect((await put(report, { demand })).statusCode).toBe(204);
    expect([kept, got]).toEqual([[report], [report]]);
    await leader.close();
  });

  test("a leader that does not answer costs no error", async () => {
    const demand = { put: () => undefined, leaderUrl: () => "http://127.0.0.1:1" };
    expect((await put(report, { demand })).statusCode).toBe(204);
  });
});

describe("GET /workers and GET /plan", () => {
  test("are JSON, or text when text is asked for first", async () => {
    expect((await ask("/workers")).json()).toEqual(good);
    const table = await ask("/workers", "text/plain, application/json;q=0.5");
    expect(table.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(table.body).toMatch(/^controller: leader, engine ok, config ok\n\nMODEL/);
    expect((await ask("/workers", "application/json, text/plain")).json()).toEqual(good);
  });

  test("the plan says steps, causes, what should be loaded and who waits", async () => {
    expect((await ask("/plan")).json()).toMatchObject({
      steps: [{ kind: "create", slot: "code", cause: "missing" }],
      lookAgainInMs: 0,
      desired: ["chat", "code"],
      blocked: {},
    });
    expect((await ask("/plan", "text/plain")).body).toBe("create code (missing)\nlook again in 0 ms\n");
  });

  test("before the first look there is no plan, and that is an error with a retry", async () => {
    const response = await ask("/plan", "application/json", { decision: () => undefined });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("1");
    expect(response.json().error.code).toBe("docker_unavailable");
  });

  test("no answer holds a worker's key", async () => {
    const publisher = new Publisher();
    const endpoints = { chat: { generation: "g", url: "http://x", apiKey: "canary-key" } };
    publisher.publish({ ...snapshot(), endpoints });
    for (const url of ["/workers", "/plan", "/readyz", "/health", "/metrics"])
      for (const accept of ["application/json", "text/plain"])
        expect((await ask(url, accept, { publisher })).body).not.toContain("canary-key");
  });
});

describe("POST /workers/{slot}/reset", () => {
  test("says whether there was anything to forget", async () => {
    const reset = (slot: string) => slot === "chat";
    const post = async (slot: string) =>
      (await app({ reset }).inject({ method: "POST", url: `/workers/${slot}/reset` })).json();
    expect(await post("chat")).toEqual({ slot: "chat", hadFailures: true });
    expect(await post("code")).toEqual({ slot: "code", hadFailures: false });
  });

  test("by a passive controller is not_leader", async () => {
    const reset = () => {
      throw new AppError("not_leader", "this controller is passive", { retryAfterS: 1 });
    };
    const response = await app({ reset }).inject({ method: "POST", url: "/workers/a/reset" });
    expect([response.statusCode, response.json().error.code]).toEqual([503, "not_leader"]);
  });
});

describe("health tells the truth", () => {
  const verdict = async (over: Partial<ControllerStatus>, isStoreReachable = true) => {
    const deps = { status: () => ({ ...good, ...over }), isStoreReachable: () => isStoreReachable };
    const response = await ask("/readyz", "application/json", deps);
    const { status, reasons } = response.json();
    return [response.statusCode, status, ...reasons];
  };

  test.each<[string, unknown[], Partial<ControllerStatus>, boolean]>([
    ["all is well", [200, "ok"], {}, true],
    ["passive is ready", [200, "ok"], { role: "passive" }, true],
    [
      "S57: without Valkey",
      [200, "degraded", "valkey does not answer; no other controller can take over"],
      {},
      false,
    ],
    [
      "S22: with a bad configuration",
      [200, "degraded", "config: f:1:1: x"],
      { config: { ok: false, message: "f:1:1: x" } },
      true,
    ],
    [
      "S11: without an engine",
      [503, "down", "engine: gone"],
      { engine: { ok: false, message: "gone" } },
      true,
    ],
    ["with an old look", [503, "down", "the last look is 10000 ms old"], { lookAgeMs: 10_000 }, true],
    ["before the first look", [503, "down", "no look yet"], { lookAgeMs: null }, true],
  ])("%s", async (_what, expected, over, isStoreReachable) => {
    expect(await verdict(over, isStoreReachable)).toEqual(expected);
  });

  test("/livez only says that the process answers, and /health has the verdict without its status", async () => {
    const deps = { status: () => ({ ...good, lookAgeMs: null }) };
    expect((await ask("/livez", undefined, deps)).json()).toEqual({ status: "ok" });
    const health = await ask("/health", undefined, deps);
    expect([health.statusCode, health.json().status, health.json().service]).toEqual([
      200,
      "down",
      "controller",
    ]);
  });
});

describe("GET /events", () => {
  async function listening(publisher: Publisher) {
    const server = app({ publisher });
    const url = await server.listen({ port: 0, host: "127.0.0.1" });
    const response: IncomingMessage = await new Promise((resolve) => get(`${url}/events`, resolve));
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    return {
      response,
      async until(pattern: RegExp) {
        while (!pattern.test(text)) await once(response, "data", { signal: AbortSignal.timeout(5_000) });
        return text;
      },
      async [Symbol.asyncDispose]() {
        response.destroy();
        server.server.closeAllConnections();
        await server.close();
      },
    };
  }

  test("begins with the newest snapshot and goes on with every change, whole", async () => {
    const publisher = new Publisher();
    publisher.publish(snapshot());
    await using at = await listening(publisher);
    expect(at.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    await at.until(/\n\n/);
    publisher.publish(snapshot());
    publisher.publish(snapshot({ role: "passive" }));
    const text = await at.until(/passive.*\n\n/);
    const events = text.split("\n\n").filter((e) => e.startsWith("event: snapshot\ndata: "));
    expect(events.map((e) => JSON.parse(e.slice(22)))).toEqual([snapshot(), snapshot({ role: "passive" })]);
  });

  test("before the first look says nothing but that it lives", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      await using at = await listening(new Publisher());
      vi.advanceTimersByTime(2_000);
      expect(await at.until(/\n\n/)).toBe(": alive\n\n");
    } finally {
      vi.useRealTimers();
    }
  });

  test("a listener that has gone is told nothing more", async () => {
    const publisher = new Publisher();
    publisher.publish(snapshot());
    const unsubscribed = Promise.withResolvers<void>();
    const subscribe = publisher.subscribe.bind(publisher);
    publisher.subscribe = (listener) => {
      const end = subscribe(listener);
      return () => {
        end();
        unsubscribed.resolve();
      };
    };
    await using at = await listening(publisher);
    at.response.destroy();
    await unsubscribed.promise;
    publisher.publish(snapshot({ role: "passive" }));
  });
});

test("what is unknown is an error in our words", async () => {
  const response = await ask("/nothing?key=secret");
  expect(response.statusCode).toBe(404);
  expect(response.json().error).toMatchObject({ code: "not_found", type: "invalid_request_error" });
  expect(response.body).not.toContain("secret");
});
