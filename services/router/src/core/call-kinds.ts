/**
 * The inference routes. `path` is both what clients ask for and the only thing that is ever asked of a
 * worker (SECURITY B2); `required` is the field without which no such call makes sense. Source: OpenAI API reference.
 */
export const callKinds = {
  chat: { path: "/v1/chat/completions", required: "messages", canStream: true },
  completion: { path: "/v1/completions", required: "prompt", canStream: true },
  embedding: { path: "/v1/embeddings", required: "input", canStream: false },
  /** Not OpenAI's: as Jina and llama-server have it. */
  rerank: { path: "/v1/rerank", required: "documents", canStream: false },
} as const satisfies Record<string, CallKindRow>;

type CallKindRow = {
  readonly path: string;
  readonly required: string;
  readonly canStream: boolean;
};

export type CallKind = keyof typeof callKinds;
