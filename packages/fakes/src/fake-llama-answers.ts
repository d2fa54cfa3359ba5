import type { LlamaFaults } from "./fake-llama-faults.ts";

const filler = "lorem ipsum dolor sit amet ";

export type AnswerKind = "chat" | "text" | "embedding" | "rerank";

/** Which of the OpenAI routes a path is; undefined for the others. */
export function answerKind(path: string): AnswerKind | undefined {
  if (path.endsWith("/chat/completions")) return "chat";
  if (path.endsWith("/completions")) return "text";
  if (path.endsWith("/rerank")) return "rerank";
  return path.endsWith("/embeddings") ? "embedding" : undefined;
}

/** One token of a stream as llama-server frames it; its content is `t0 `, `t1 `, …, padded to `tokenBytes`. */
export function tokenFrame(kind: "chat" | "text", model: string, index: number, faults: LlamaFaults): string {
  const content = `t${index} `.padEnd(faults.tokenBytes, "x");
  return frame(kind, model, kind === "chat" ? { delta: { content } } : { text: content }, null);
}

export function firstFrame(kind: "chat" | "text", model: string): string {
  return kind === "chat" ? frame(kind, model, { delta: { role: "assistant", content: "" } }, null) : "";
}

/** The frame that carries the finish reason, and the end marker. */
export function lastFrames(kind: "chat" | "text", model: string): string {
  return `${frame(kind, model, kind === "chat" ? { delta: {} } : { text: "" }, "stop")}data: [DONE]\n\n`;
}

function frame(kind: "chat" | "text", model: string, choice: object, finish: string | null): string {
  const object = kind === "chat" ? "chat.completion.chunk" : "text_completion";
  const choices = [{ index: 0, ...choice, logprobs: null, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: "chatcmpl-fake", object, created: 1_700_000_000, model, choices })}\n\n`;
}

/** A whole answer, for a request that is not streamed. */
export function wholeAnswer(kind: AnswerKind, model: string, faults: LlamaFaults): object {
  const usage = {
    prompt_tokens: 9,
    completion_tokens: faults.tokens,
    total_tokens: 9 + faults.tokens,
  };
  if (kind === "embedding") {
    const data = [{ object: "embedding", index: 0, embedding: Array.from({ length: 8 }, () => 0.05) }];
    return { object: "list", model, data, usage };
  }
  if (kind === "rerank")
    return { object: "list", model, results: [{ index: 0, relevance_score: 0.5 }], usage };
  const text = filler.repeat(Math.ceil(faults.answerBytes / filler.length)).slice(0, faults.answerBytes);
  const choice = kind === "chat" ? { message: { role: "assistant", content: text } } : { text };
  return {
    id: "chatcmpl-fake",
    object: kind === "chat" ? "chat.completion" : "text_completion",
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, ...choice, logprobs: null, finish_reason: "stop" }],
    usage,
  };
}

/** An error as llama-server words it. */
export function llamaError(status: number, message: string, type: string): object {
  return { error: { code: status, message, type } };
}
