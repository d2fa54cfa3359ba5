import { type Static, Type } from "typebox";

import { Citation } from "./rag.ts";

/** The header by which the router names the owner to the other services. Clients' own are dropped. */
export const ownerHeader = "x-benchai-owner";

/** Whose everything is when no key says otherwise. */
export const defaultOwner = "local";

/** The request field `benchai` of a chat completion: what may be put into the prompt, and whether the turn may be remembered. */
export const EnrichmentRequest = Type.Object(
  {
    /** `true`: what is always true of the owner; an object also names a namespace, such as a project. */
    memory: Type.Optional(
      Type.Union([
        Type.Boolean(),
        Type.Object(
          { namespace: Type.Optional(Type.String({ maxLength: 256 })) },
          { additionalProperties: false },
        ),
      ]),
    ),
    rag: Type.Optional(
      Type.Union([
        Type.Boolean(),
        Type.Object(
          {
            collections: Type.Optional(
              Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64 }),
            ),
            k: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
          },
          { additionalProperties: false },
        ),
      ]),
    ),
    /** Keep this turn for the extraction of memories, when the machine is idle. */
    save: Type.Optional(Type.Boolean()),
    /** Tokens that retrieved text may take. */
    budget_tokens: Type.Optional(Type.Integer({ minimum: 64, maximum: 1_000_000 })),
    /** Names the conversation for provenance and for undoing. */
    conversation: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
);
export type EnrichmentRequest = Static<typeof EnrichmentRequest>;

/** `POST /internal/enrich` of knowledge, from the router. `question` is the last user message's text. */
export const EnrichCall = Type.Object({
  question: Type.String({ maxLength: 200_000 }),
  request: EnrichmentRequest,
  /** Tokens the retrieved text may take at most, whatever the request says. */
  budgetTokens: Type.Integer({ minimum: 0 }),
});
export type EnrichCall = Static<typeof EnrichCall>;

export const UsedMemory = Type.Object({
  id: Type.String(),
  category: Type.String(),
  created_at: Type.String(),
});

/** The answer. `block` is ready to stand in a prompt, fenced as data; empty when nothing fits the question. */
export const EnrichAnswer = Type.Object({
  block: Type.String(),
  tokens: Type.Integer(),
  citations: Type.Array(Citation),
  memories: Type.Array(UsedMemory),
  notes: Type.Array(Type.String()),
});
export type EnrichAnswer = Static<typeof EnrichAnswer>;

/** `POST /internal/turns` of knowledge: a turn to be read for memories later. 202 when it is kept. */
export const TurnReport = Type.Object({
  namespace: Type.String({ maxLength: 256 }),
  conversation: Type.String({ maxLength: 256 }),
  messages: Type.Array(Type.Object({ role: Type.String({ maxLength: 32 }), content: Type.String() }), {
    minItems: 1,
    maxItems: 64,
  }),
});
export type TurnReport = Static<typeof TurnReport>;

/** The field `benchai` of a chat completion's answer, and of the chunk before `[DONE]`; OpenAI clients ignore it. */
export const EnrichmentReport = Type.Object({
  citations: Type.Array(Citation),
  memories: Type.Array(UsedMemory),
  tokens: Type.Integer(),
  notes: Type.Array(Type.String()),
});
export type EnrichmentReport = Static<typeof EnrichmentReport>;
