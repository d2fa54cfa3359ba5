import type { FastifyError, FastifyInstance } from "fastify";

import { AppError, type ErrorCode } from "@benchai/contract/errors";
import { errorBody } from "@benchai/contract/openai";

/** Fastify's own refusals, in our words. Source: fastify/docs/Reference/Errors.md. */
const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
};

/** The only place that turns errors into HTTP. Unknown errors say nothing of their insides. */
export function installErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const known = toAppError(error);
    if (!known) request.log.error({ err: error }, "unhandled");
    const shown =
      known ?? new AppError("internal_error", "internal error; the service's log has the details");
    if (shown.retryAfterS !== undefined) void reply.header("retry-after", shown.retryAfterS);
    return reply.code(shown.status).send(errorBody(shown));
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new AppError(
      "not_found",
      `no route ${request.method} ${request.url.split("?")[0]}; see docs/api.md`,
    );
    return reply.code(error.status).send(errorBody(error));
  });
}

function toAppError(error: FastifyError): AppError | undefined {
  if (error instanceof AppError) return error;
  if (error.validation) return new AppError("invalid_request", error.message);
  const code = fastifyCodes[error.code];
  if (code) return new AppError(code, error.message);
  const isClientError = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return isClientError ? new AppError("invalid_request", error.message) : undefined;
}
