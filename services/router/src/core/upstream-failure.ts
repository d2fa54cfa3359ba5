import type { Failure } from "./failure.ts";

/** An answer of a worker that is not a success. */
export type Refusal = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
};

type Said = {
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
};

const codeByStatus: Readonly<Record<number, string>> = {
  404: "not_found",
  405: "method_not_allowed",
  413: "body_too_large",
  429: "queue_full",
};

/** Names that llama-server gives to what OpenAI calls otherwise. */
const openAiCodes: Readonly<Record<string, string>> = {
  exceed_context_size_error: "context_length_exceeded",
};

/** Refusals whose words are the server's alone. */
const wordsOfNoPrompt: ReadonlySet<string> = new Set(["context_length_exceeded"]);

/**
 * What a client is told when its worker refuses: the worker's status and words, as an OpenAI error object. The words are
 * left out when they may quote a prompt that holds more than the client's own text (SECURITY E4).
 */
export function failureOfRefusal(refusal: Refusal, model: string, hasHidden = false): Failure {
  const said = readSaid(refusal.body);
  const isClients = refusal.status >= 400 && refusal.status < 500;
  const isServers = refusal.status >= 500 && refusal.status < 600;
  const code = isClients ? clientCode(said, refusal.status) : "upstream_failed";
  return {
    // Anything else (1xx, 3xx) is not an answer that a worker should give.
    status: isClients || isServers ? refusal.status : 502,
    body: {
      error: {
        message: wordsOf(said, hasHidden, code) ?? `the worker of model ${model} answered ${refusal.status}`,
        type: isClients ? "invalid_request_error" : "server_error",
        param: said.param ?? null,
        code,
      },
    },
    retryAfterS: readSeconds(refusal.retryAfter),
  };
}

function wordsOf({ message }: Said, hasHidden: boolean, code: string): string | undefined {
  return hasHidden && !wordsOfNoPrompt.has(code) ? undefined : message;
}

/** Whether a worker says that its model is still loading, which passes by itself. */
export function isStillLoading(refusal: Refusal): boolean {
  if (refusal.status !== 503) return false;
  const { message, type } = readSaid(refusal.body);
  return type === "unavailable_error" || message === "Loading model";
}

function clientCode(said: Said, status: number): string {
  const known = said.type === undefined ? undefined : openAiCodes[said.type];
  return known ?? said.code ?? codeByStatus[status] ?? "invalid_request";
}

function readSeconds(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

/** Understands `{"error":{"message":…}}`, `{"error":"…"}` and `{"message":…}`. */
function readSaid(body: Uint8Array): Said {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    const error = field(value, "error") ?? value;
    const read = (name: string) => text(field(error, name));
    const message = text(error) ?? read("message");
    return {
      ...(message === undefined ? {} : { message }),
      ...optional("type", read("type")),
      ...optional("code", read("code")),
      ...optional("param", read("param")),
    };
  } catch {
    return {};
  }
}

function optional(name: "type" | "code" | "param", value: string | undefined): Said {
  return value === undefined ? {} : { [name]: value };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 2_000) : undefined;
}
