import type { IncomingMessage } from "node:http";
import { Transform, type TransformCallback } from "node:stream";

import { AppError } from "@benchai/contract/errors";

/**
 * A request's body on its way, counted. It stands between the client's connection and undici, which destroys the body it
 * is given when anything fails: the client's connection must outlive that to carry the answer.
 */
export class Upload extends Transform {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(request: IncomingMessage, maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
    request.pipe(this);
    request.once(
      "close",
      () => request.complete || this.destroy(new Error("the client left while it was sending")),
    );
    this.once("close", () => {
      request.unpipe(this);
      // What still comes is read and dropped: a connection closed with unread bytes is reset, and the answer with it.
      request.resume();
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) return done(null, chunk);
    done(
      new AppError("body_too_large", `the body has more than the ${this.#maxBytes} bytes that are allowed`),
    );
  }
}
