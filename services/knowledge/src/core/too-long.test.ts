import { expect, test } from "vitest";

import { isTooLong } from "./too-long.ts";

test.each([
  [
    500,
    {
      code: 500,
      message:
        "input (602 tokens) is too large to process. increase the physical batch size (current batch size: 512)",
      type: "server_error",
    },
  ],
  [
    400,
    {
      code: 400,
      message: "request (603 tokens) exceeds the available context size (512 tokens), try increasing it",
      type: "exceed_context_size_error",
      n_prompt_tokens: 603,
      n_ctx: 512,
    },
  ],
  [
    400,
    { message: "it is long", type: "invalid_request_error", param: null, code: "context_length_exceeded" },
  ],
  [400, { message: "This model's maximum context length is 8192 tokens" }],
])("%i is a refusal of an input's length when it says so: %j", (status, error) => {
  expect(isTooLong(status, { error })).toBe(true);
});

test("413 is one, whatever it says", () => {
  expect(isTooLong(413, undefined)).toBe(true);
});

test.each([
  [500, { error: { message: "out of memory", code: 500 } }],
  [503, { error: { message: "the queue is too long" } }],
  [404, { error: { message: "too long a name" } }],
  [400, { error: "too long" }],
  [400, undefined],
  [400, "<html>too long"],
])("%i %j is none", (status, body) => {
  expect(isTooLong(status, body)).toBe(false);
});
