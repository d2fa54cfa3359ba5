import fc from "fast-check";
import { Value } from "typebox/value";
import { expect, test } from "vitest";

import { ErrorBody } from "@benchai/contract/openai";

import { failureOfRefusal, isStillLoading } from "./upstream-failure.ts";

const refusal = (status: number, body: unknown, retryAfter?: string) => ({
  status,
  retryAfter,
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});

test("S34: llama-server's context error becomes the code that OpenAI's clients know", () => {
  const said = {
    error: { code: 400, message: "too long", type: "exceed_context_size_error", n_ctx: 512 },
  };
  const { status, body } = failureOfRefusal(refusal(400, said), "m");
  expect([status, body.error]).toEqual([
    400,
    {
      message: "too long",
      type: "invalid_request_error",
      param: null,
      code: "context_length_exceeded",
    },
  ]);
});

test.each([
  [{ error: { message: "a", code: "b", param: "c" } }, "a", "b", "c"],
  [{ error: "a" }, "a", "invalid_request", null],
  [{ message: "a" }, "a", "invalid_request", null],
  ["<html>", "the worker of model m answered 422", "invalid_request", null],
  ["", "the worker of model m answered 422", "invalid_request", null],
  [null, "the worker of model m answered 422", "invalid_request", null],
])("S34: a refusal with the body %j is understood", (said, message, code, param) => {
  expect(failureOfRefusal(refusal(422, said), "m").body.error).toMatchObject({
    message,
    code,
    param,
  });
});

test("S34: whatever a worker says, the client gets an OpenAI error object and an error status", () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 999 }), fc.oneof(fc.json(), fc.string()), (status, said) => {
      const failure = failureOfRefusal(refusal(status, said), "m");
      expect(failure.status).toBeGreaterThanOrEqual(400);
      expect(failure.status).toBeLessThan(600);
      expect(Value.Check(ErrorBody, failure.body)).toBe(true);
    }),
  );
});

test("S34: a redirect of a worker is not followed and not passed on", () => {
  expect(failureOfRefusal(refusal(302, ""), "m")).toMatchObject({
    status: 502,
    body: { error: { code: "upstream_failed" } },
  });
});

test("S34: a Retry-After goes on when it is a number of seconds", () => {
  expect(failureOfRefusal(refusal(429, "", "7"), "m").retryAfterS).toBe(7);
  expect(failureOfRefusal(refusal(429, "", "Wed, 21 Oct"), "m").retryAfterS).toBeUndefined();
});

test("S12: only llama-server's own word for loading counts as loading", () => {
  expect(
    isStillLoading(refusal(503, { error: { message: "Loading model", type: "unavailable_error" } })),
  ).toBe(true);
  expect(isStillLoading(refusal(503, { error: { message: "overloaded", type: "server_error" } }))).toBe(
    false,
  );
  expect(isStillLoading(refusal(500, { error: { message: "Loading model" } }))).toBe(false);
});
