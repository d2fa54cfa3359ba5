import { type Static, Type } from "typebox";

/**
 * `GET /health` of the router. `status`, `service` and `features` are the historic shape;
 * the rest says what was seen and how old it is.
 */
export const RouterHealth = Type.Object({
  status: Type.Union([Type.Literal("ok"), Type.Literal("degraded"), Type.Literal("down")]),
  service: Type.String(),
  features: Type.Object({
    streaming: Type.Boolean(),
    memory: Type.Boolean(),
    tts: Type.Boolean(),
    rag: Type.Boolean(),
    obsidian: Type.Boolean(),
  }),
  reasons: Type.Array(Type.String()),
  controller: Type.Object({
    connected: Type.Boolean(),
    role: Type.Union([Type.String(), Type.Null()]),
    /** Age of the newest message from the controller, in ms; null before the first. */
    seenAgeMs: Type.Union([Type.Number(), Type.Null()]),
  }),
  /** Chats and completions that are open, and for how long there has been none: 0 while there is one, in ms. */
  chats: Type.Object({ open: Type.Integer(), quietMs: Type.Number() }),
  models: Type.Record(Type.String(), Type.Integer()),
});
export type RouterHealth = Static<typeof RouterHealth>;
