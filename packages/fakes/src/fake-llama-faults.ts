/** What a fake llama-server does wrong, or slowly. Times in ms; counts in streamed tokens. */
export type LlamaFaults = {
  /** How long /health says "Loading model" after the socket is bound. */
  readonly loadDelayMs: number;
  /** How long the process waits before it binds its socket. */
  readonly bindDelayMs: number;
  /** Ends the process at start with this exit code, after a line on stderr. */
  readonly crashAtStart: number | undefined;
  /** Ends the process (in a test: closes every socket) when it has streamed this many tokens of one answer. */
  readonly crashAfterTokens: number | undefined;
  /** How long the process takes to end after SIGTERM. */
  readonly stopDelayMs: number;
  /** Accepts requests and answers nothing; /health stays ok. */
  readonly isHung: boolean;
  /** Answers every request with this status. */
  readonly failStatus: number | undefined;
  readonly tokens: number;
  /** Pause between two tokens; 0 streams as fast as the reader takes them. */
  readonly tokenDelayMs: number;
  readonly firstTokenDelayMs: number;
  /** Destroys the connection after this many tokens; 0 means before the first byte. */
  readonly cutAfterTokens: number | undefined;
  /** Ends the answer tidily after this many tokens, without `[DONE]`. */
  readonly quitAfterTokens: number | undefined;
  /** Sends nothing more after this many tokens. */
  readonly stallAfterTokens: number | undefined;
  /** Sends each frame in two writes, cut inside its JSON. */
  readonly isSplit: boolean;
  /** Sends half a frame before a cut or a quit. */
  readonly isHalved: boolean;
  /** Bytes of content in each token, or in a whole answer that is not streamed. */
  readonly tokenBytes: number;
  readonly answerBytes: number;
};

export const noFaults: LlamaFaults = {
  loadDelayMs: 0,
  bindDelayMs: 0,
  crashAtStart: undefined,
  crashAfterTokens: undefined,
  stopDelayMs: 0,
  isHung: false,
  failStatus: undefined,
  tokens: 5,
  tokenDelayMs: 0,
  firstTokenDelayMs: 0,
  cutAfterTokens: undefined,
  quitAfterTokens: undefined,
  stallAfterTokens: undefined,
  isSplit: false,
  isHalved: false,
  tokenBytes: 0,
  answerBytes: 20,
};

/** The switches a request may carry in its `user` field, as in `tokens=5;tps=100;cut=3`. */
const requestSwitches: Readonly<Record<string, (value: number) => Partial<LlamaFaults>>> = {
  tokens: (tokens) => ({ tokens }),
  tps: (tps) => ({ tokenDelayMs: tps > 0 ? 1_000 / tps : 0 }),
  ttft: (firstTokenDelayMs) => ({ firstTokenDelayMs }),
  hang: (n) => ({ isHung: n !== 0 }),
  fail: (failStatus) => ({ failStatus }),
  cut: (cutAfterTokens) => ({ cutAfterTokens }),
  quit: (quitAfterTokens) => ({ quitAfterTokens }),
  stall: (stallAfterTokens) => ({ stallAfterTokens }),
  crash: (crashAfterTokens) => ({ crashAfterTokens }),
  split: (n) => ({ isSplit: n !== 0 }),
  half: (n) => ({ isHalved: n !== 0 }),
  frame: (tokenBytes) => ({ tokenBytes }),
  body: (answerBytes) => ({ answerBytes }),
};

/** The server's faults with what one request asks for on top. */
export function faultsOfRequest(base: LlamaFaults, user: unknown): LlamaFaults {
  if (typeof user !== "string") return base;
  const changes = user.split(";").map((part) => {
    const [name = "", value = ""] = part.split("=");
    const change = Object.hasOwn(requestSwitches, name) ? requestSwitches[name] : undefined;
    return change?.(Number(value));
  });
  return Object.assign({}, base, ...changes);
}
