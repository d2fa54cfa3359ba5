import { AppError } from "@benchai/contract/errors";

import { type Call, noCredentials, readModel } from "./call.ts";
import type { HeaderFields } from "./header-fields.ts";

/** `multipart/form-data` with a boundary (RFC 2046, 5.1.1), and nothing else that could end up in a worker's request. */
const formType =
  /^multipart\/form-data[ \t]*;[ \t]*boundary=("[\w'()+,./:=? -]{1,70}"|[\w'()+,./:=?-]{1,70})[ \t]*$/i;

/**
 * Reads a transcription call. The body is a form that goes to the worker as it came, unread; so the model stands in the
 * query, `?model=NAME`. Throws a 400 or 415 that names what is wrong.
 */
export function readAudioCall(query: unknown, headers: HeaderFields): Call {
  const contentType = headers["content-type"];
  if (typeof contentType !== "string" || !formType.test(contentType))
    throw new AppError(
      "unsupported_media_type",
      "send the sound as multipart/form-data, in the field `file`",
    );
  if (headers["content-encoding"] !== undefined)
    throw new AppError("unsupported_media_type", "send the body without content-encoding");
  return {
    kind: "transcription",
    model: readModel(modelIn(query)),
    contentType,
    isStream: false,
    wish: undefined,
    credentials: noCredentials,
    hasHidden: false,
  };
}

function modelIn(query: unknown): unknown {
  return typeof query === "object" && query !== null ? Reflect.get(query, "model") : undefined;
}
