import { type TSchema, Type } from "typebox";

/** Lists are answered as OpenAI's API does. */
export function listAnswer<T extends TSchema>(item: T) {
  return Type.Object({ object: Type.Literal("list"), data: Type.Array(item) });
}

/** Answers with 204 alone: what was asked to go is gone. */
export const nothing = { answers: {} };
