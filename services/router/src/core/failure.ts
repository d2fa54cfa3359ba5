import type { AppError } from "@benchai/contract/errors";
import { type ErrorBody, errorBody } from "@benchai/contract/openai";

/** An error on its way to a client, as an HTTP answer or as the last event of a stream. */
export type Failure = {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retryAfterS?: number | undefined;
};

export function failureFrom(error: AppError): Failure {
  return { status: error.status, body: errorBody(error), retryAfterS: error.retryAfterS };
}

/** The event that ends a broken stream: no `[DONE]` follows it. Shape: what OpenAI's clients raise as an error. */
export function failureEvent(failure: Failure): string {
  return `data: ${JSON.stringify(failure.body)}\n\n`;
}
