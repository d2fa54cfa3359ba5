/**
 * The inference routes. `path` is both what clients ask for and the only thing that is ever asked of a
 * worker (SECURITY B2); `required` is the field without which no such call makes sense. Source: OpenAI API reference.
 * Bodies are JSON, but for a transcription's.
 */
export const callKinds = {
  chat: { path: "/v1/chat/completions", required: "messages", canStream: true },
  completion: { path: "/v1/completions", required: "prompt", canStream: true },
  embedding: { path: "/v1/embeddings", required: "input", canStream: false },
  /** Not OpenAI's: as Jina and llama-server have it. */
  rerank: { path: "/v1/rerank", required: "documents", canStream: false },
  /** Not OpenAI's: a form as whisper-server's `/inference` takes it. The speech service asks so, for OpenAI's routes. */
  transcription: { path: "/v1/audio/inference", required: "file", canStream: false },
} as const satisfies Record<string, CallKindRow>;

type CallKindRow = {
  readonly path: string;
  readonly required: string;
  readonly canStream: boolean;
};

export type CallKind = keyof typeof callKinds;

/** The kinds whose bodies are JSON, which tells the model. */
export const jsonKinds = ["chat", "completion", "embedding", "rerank"] as const satisfies readonly CallKind[];
export type JsonKind = (typeof jsonKinds)[number];

/** The statuses with which a worker refuses a key that is not its own: whisper-server has it in its path. */
export function isKeyRefusal(kind: CallKind, status: number): boolean {
  return kind === "transcription" ? status === 404 : status === 401 || status === 403;
}
