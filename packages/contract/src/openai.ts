import { type Static, Type } from "typebox";

import type { AppError } from "./errors.ts";

/** The error object of the OpenAI API reference ("Error codes"), which every route answers with. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Type.Null()]),
    code: Type.Union([Type.String(), Type.Null()]),
  }),
});
export type ErrorBody = Static<typeof ErrorBody>;

/** One entry of `GET /v1/models`; `created` in epoch seconds. `benchai` is ours: clients ignore it. */
export const ModelCard = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  created: Type.Integer(),
  owned_by: Type.String(),
  benchai: Type.Object({
    state: Type.String(),
    kind: Type.String(),
    device: Type.String(),
    context_tokens: Type.Integer(),
    alias_of: Type.Optional(Type.String()),
    /** Of an assistant (`kind` is then `assistant`, the rest its model's): its model, and why it cannot be used. */
    model: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    voice: Type.Optional(Type.String()),
  }),
});
export type ModelCard = Static<typeof ModelCard>;

export const ModelList = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(ModelCard),
});

export function errorBody(error: Pick<AppError, "message" | "code" | "status" | "param">): ErrorBody {
  return {
    error: {
      message: error.message,
      type: error.status < 500 ? "invalid_request_error" : "server_error",
      param: error.param ?? null,
      code: error.code,
    },
  };
}
