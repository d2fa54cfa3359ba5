import { pino } from "pino";
import { Type } from "typebox";
import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { createApp } from "./app.ts";

const Body = Type.Object({ n: Type.Integer() });

function app(lines: string[] = []) {
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const made = createApp({ log, bodyLimitBytes: 200 });
  made.post("/echo", { schema: { body: Body } }, (request, reply) => reply.send(request.body));
  made.get("/known", () => {
    throw new AppError("no_room", "no room", { retryAfterS: 7 });
  });
  made.get("/unknown", () => {
    throw new Error("canary-secret /etc/passwd");
  });
  return made;
}
const post = (payload: string, type = "application/json") =>
  app().inject({ method: "POST", url: "/echo", payload, headers: { "content-type": type } });

test("unknown fields are kept and nothing is converted", async () => {
  expect((await post(`{"n":1,"more":{"a":[1]}}`)).json()).toEqual({ n: 1, more: { a: [1] } });
  expect((await post(`{"n":"1"}`)).statusCode).toBe(400);
});

test.each([
  ["no JSON", "{", "application/json", 400, "invalid_json"],
  ["an empty body", "", "application/json", 400, "invalid_json"],
  ["a wrong type", `{"n":"x"}`, "application/json", 400, "invalid_request"],
  ["too much", `{"n":1,"x":"${"x".repeat(300)}"}`, "application/json", 413, "body_too_large"],
  ["another media type", "n=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
  ["__proto__", `{"__proto__":{"x":1},"n":1}`, "application/json", 400, "invalid_json"],
])("%s is an OpenAI error object with its code", async (_what, payload, type, status, code) => {
  const response = await post(payload, type);
  expect([response.statusCode, response.json().error.code]).toEqual([status, code]);
  expect(response.json().error).toMatchObject({ type: "invalid_request_error", param: null });
});

test("a known error keeps its code and says when to ask again", async () => {
  const response = await app().inject("/known");
  expect(response.statusCode).toBe(503);
  expect(response.headers["retry-after"]).toBe("7");
  expect(response.json()).toEqual({
    error: { message: "no room", type: "server_error", param: null, code: "no_room" },
  });
});

test("an unknown error says nothing of its insides, and the log does", async () => {
  const lines: string[] = [];
  const response = await app(lines).inject("/unknown");
  expect([response.statusCode, response.json().error.code]).toEqual([500, "internal_error"]);
  expect(response.body).not.toContain("canary-secret");
  expect(lines.join("")).toContain("canary-secret");
});

test("S71: requests are not logged at the default level", async () => {
  const lines: string[] = [];
  await app(lines).inject({ method: "POST", url: "/echo", payload: { n: 1 } });
  expect(lines).toEqual([]);
});
