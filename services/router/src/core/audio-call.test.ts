import { expect, test } from "vitest";

import { readAudioCall } from "./audio-call.ts";
import { isKeyRefusal } from "./call-kinds.ts";
import { unfitness } from "./kind-fit.ts";

const form = { "content-type": "multipart/form-data; boundary=----x1" };

function codeOf(query: unknown, headers: Record<string, string | string[]> = form): unknown {
  try {
    readAudioCall(query, headers);
    return "ok";
  } catch (error) {
    return Reflect.get(error as object, "code");
  }
}

test("the model stands in the query, and the body's type is kept for the worker", () => {
  expect(readAudioCall({ model: "ggml-base.en" }, form)).toMatchObject({
    kind: "transcription",
    model: "ggml-base.en",
    contentType: "multipart/form-data; boundary=----x1",
    isStream: false,
  });
});

test.each([[undefined], [{}], [{ model: "" }], [{ model: ["a", "b"] }], [{ model: "x".repeat(513) }]])(
  "a query without one model is refused: %j",
  (query) => {
    expect(codeOf(query)).toBe("invalid_request");
  },
);

test.each([
  ["application/json"],
  ["multipart/form-data"],
  ["multipart/mixed; boundary=x"],
  ["multipart/form-data; boundary=x\r\nx-a: b"],
  ["multipart/form-data; boundary=x; charset=y"],
  [`multipart/form-data; boundary=${"x".repeat(71)}`],
])("a body that is no form is refused: %s", (type) => {
  expect(codeOf({ model: "m" }, { "content-type": type })).toBe("unsupported_media_type");
});

test("a compressed body is refused", () => {
  expect(codeOf({ model: "m" }, { ...form, "content-encoding": "gzip" })).toBe("unsupported_media_type");
});

test("speech goes to models of speech and everything else to the others", () => {
  const speech = { name: "w", kind: "transcription" } as const;
  const chat = { name: "c", kind: "chat" } as const;
  expect(unfitness("transcription", speech)).toBeUndefined();
  expect(unfitness("embedding", chat)).toBeUndefined();
  expect(unfitness("chat", speech)).toMatchObject({
    code: "invalid_request",
    param: "model",
    message: "the model w is of kind transcription; it turns speech to text, at /v1/audio/transcriptions",
  });
  expect(unfitness("transcription", chat)).toMatchObject({
    code: "invalid_request",
    message: "the model c is of kind chat; speech is turned to text by a model of kind transcription",
  });
});

test("a key that is refused is told by the status that the kind of server has for it", () => {
  const refusals = (kind: "chat" | "transcription") =>
    [400, 401, 403, 404].filter((status) => isKeyRefusal(kind, status));
  expect([refusals("chat"), refusals("transcription")]).toEqual([[401, 403], [404]]);
});
