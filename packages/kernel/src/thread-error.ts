import { AppError, type ErrorCode } from "@benchai/contract/errors";

/** An `AppError` as it travels between threads: structured clones keep neither its class nor its code. */
type Travelling = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterS: number | undefined;
};

/** Makes an error ready to travel. */
export function packError(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, retryAfterS } = error;
  return { appError: { code, message, retryAfterS } satisfies Travelling };
}

/** The error a thread sent, as what it was. */
export function unpackError(sent: unknown): unknown {
  if (typeof sent !== "object" || sent === null || !("appError" in sent)) return sent;
  // Only `packError` makes these.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { code, message, retryAfterS } = sent.appError as Travelling;
  return new AppError(code, message, { retryAfterS });
}
