import { expect, test } from "vitest";

import { snapshotOf } from "../../test/fake-controller.ts";
import { routerHealth, type Seen, unreadyReasons } from "./router-health.ts";

const endpoint = { generation: "g", url: "http://w", apiKey: "k" };
const seen = (change: Partial<Seen> = {}): Seen => ({
  snapshot: snapshotOf([{ name: "m", endpoint }]),
  isConnected: true,
  seenAgeMs: 5,
  isDraining: false,
  chats: { open: 0, quietMs: 5 },
  knowledge: undefined,
  speech: undefined,
  ...change,
});
const failed = {
  name: "m",
  state: "crash-loop",
  reason: { code: "model_failed", message: "why" },
} as const;

test("S35: health is ok only when nothing is wrong, and names everything that is", () => {
  expect(routerHealth(seen())).toMatchObject({ status: "ok", reasons: [], models: { ready: 1 } });
  expect(routerHealth(seen({ snapshot: undefined, isConnected: false })).status).toBe("down");
  expect(routerHealth(seen({ isDraining: true }))).toMatchObject({
    status: "down",
    reasons: ["shutting down"],
  });
  const config = { ok: false, message: "line 3" };
  const { reasons } = routerHealth(seen({ isConnected: false, snapshot: snapshotOf([failed], { config }) }));
  expect(reasons).toEqual([
    "the controller is away; models that are loaded go on",
    "configuration: line 3",
    "model m is crash-loop: why",
  ]);
  expect(routerHealth(seen({ snapshot: snapshotOf([]) })).reasons).toEqual(["no model is installed"]);
});

test("S35: streaming is claimed only when some model can serve", () => {
  const streaming = (change: Partial<Seen>) => routerHealth(seen(change)).features.streaming;
  expect(streaming({})).toBe(true);
  expect(streaming({ snapshot: snapshotOf([{ name: "m" }]) })).toBe(true);
  expect(streaming({ isConnected: false })).toBe(true);
  expect(streaming({ snapshot: snapshotOf([failed]) })).toBe(false);
  expect(streaming({ snapshot: snapshotOf([{ name: "m", endpoint }], { engine: { ok: false } }) })).toBe(
    false,
  );
  expect(streaming({ snapshot: undefined })).toBe(false);
});

test("S57: readiness wants a snapshot, and the controller or a loaded model", () => {
  expect(unreadyReasons(seen())).toEqual([]);
  expect(unreadyReasons(seen({ isConnected: false }))).toEqual([]);
  expect(unreadyReasons(seen({ isConnected: false, snapshot: snapshotOf([{ name: "m" }]) }))).toHaveLength(1);
  expect(unreadyReasons(seen({ snapshot: undefined }))).toHaveLength(1);
  expect(unreadyReasons(seen({ isDraining: true }))).toEqual(["shutting down"]);
});
