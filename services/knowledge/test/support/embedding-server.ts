import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Of the vectors that the server gives. */
export const dimensions = 64;

export type EmbeddingsRequest = { readonly model: string; readonly input: readonly string[] };

/** A bag of words, hashed: enough for texts with the same words to lie near each other. Not of length one. */
function bagOfWords(text: string): number[] {
  const vector = Array.from({ length: dimensions }, () => 0.01);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const hash = Array.from(word.slice(0, 4)).reduce(
      (sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % dimensions,
      7,
    );
    vector[hash] = (vector[hash] ?? 0) + 3;
  }
  return vector;
}

/** Answers backwards, so that only `index` tells the order. */
function answerTo({ input }: EmbeddingsRequest): { data: { index: number; embedding: number[] | null[] }[] } {
  return { data: input.map((text, index) => ({ index, embedding: bagOfWords(text) })).toReversed() };
}

/** What the server does to its next requests instead of answering. */
export type Fault = (response: ServerResponse, request: EmbeddingsRequest) => void;

/** A model behind `/v1/embeddings` whose next answers can be faults. */
export class EmbeddingServer {
  readonly requests: (EmbeddingsRequest & { readonly authorization: string | undefined })[] = [];
  /** For the next requests, one each. */
  faults: Fault[] = [];
  readonly #server: Server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const request = JSON.parse(Buffer.concat(chunks).toString()) as EmbeddingsRequest;
      this.requests.push({ ...request, authorization: req.headers.authorization });
      const fault = this.faults.shift();
      if (fault) fault(res, request);
      else res.end(JSON.stringify(answerTo(request)));
    });
  });

  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export type Refusal = readonly [status: number, message: string, code: string];

/** As llama-server 0.7.0 says it, and the router passes it on. */
export const tooLargeForBatch: Refusal = [
  500,
  "input (602 tokens) is too large to process. increase the physical batch size (current batch size: 512)",
  "upstream_failed",
];
export const tooLargeForContext: Refusal = [
  400,
  "request (603 tokens) exceeds the available context size (512 tokens), try increasing it",
  "context_length_exceeded",
];

/** Refuses a whole request when one of its texts is refused, as servers do. */
export function refuseWhen(isRefused: (text: string) => boolean, [status, message, code]: Refusal): Fault {
  return (res, request) =>
    request.input.some(isRefused)
      ? res.writeHead(status).end(JSON.stringify({ error: { message, code } }))
      : res.end(JSON.stringify(answerTo(request)));
}
