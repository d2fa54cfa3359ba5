import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

/** As much of an OpenAI error body as is asked here; llama-server's own `code` is the status. */
const ErrorBody = Type.Object({
  error: Type.Object({
    message: Type.Optional(Type.Unknown()),
    type: Type.Optional(Type.Unknown()),
    code: Type.Optional(Type.Unknown()),
  }),
});

/**
 * llama-server 0.7.0: "input (602 tokens) is too large to process. increase the physical batch size" (500), "request (603 tokens)
 * exceeds the available context size" and "input is larger than the max context size" (400, `exceed_context_size_error`,
 * which the router calls `context_length_exceeded` as OpenAI does, whose words are "maximum context length").
 */
const words = /too (large|long)|context (size|length)|exceed_context_size|context_length_exceeded/iu;

/** Whether a server refuses an input because it is too long for the model, so that a shorter one would do. */
export function isTooLong(status: number, body: unknown): boolean {
  if (status === 413) return true;
  return (status === 400 || status === 500) && Value.Check(ErrorBody, body) && saysSo(body);
}

function saysSo({ error: { message, type, code } }: Static<typeof ErrorBody>): boolean {
  return [message, type, code].some((said) => typeof said === "string" && words.test(said));
}
