import { symbols } from "pino";
import { expect, test } from "vitest";

import { createLogger } from "./log.ts";
import { commentText, eventText } from "./event-stream.ts";

test("S71: keys and authorization headers never reach the log", () => {
  const lines: string[] = [];
  const log = createLogger("test", "info");
  const stream = log[symbols.streamSym as never] as { write(line: string): void };
  stream.write = (line) => void lines.push(line);
  log.info({ apiKey: "canary", endpoint: { apiKey: "canary" }, headers: { authorization: "canary" } }, "x");
  log.info({ req: { headers: { authorization: "canary" } } }, "y");
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toContain("canary");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ service: "test", msg: "x" });
});

test("an event is one line of data whatever is in it, and a comment is no event", () => {
  expect(eventText("snapshot", { a: "x\n\ny" })).toBe('event: snapshot\ndata: {"a":"x\\n\\ny"}\n\n');
  expect(commentText("alive")).toBe(": alive\n\n");
});
