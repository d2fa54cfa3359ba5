import { AppError } from "@benchai/contract/errors";
import type { ModelKind, ModelView } from "@benchai/contract/models";

import type { CallKind } from "./call-kinds.ts";

/**
 * Why a model cannot answer such a call, whatever it is sent; undefined when it may. Only speech and text are told apart
 * here: what llama-server can do with a model is llama-server's to say.
 */
export function unfitness(
  kind: CallKind,
  { name, kind: is }: Pick<ModelView, "name" | "kind">,
): AppError | undefined {
  if ((kind === "transcription") === (is === "transcription")) return undefined;
  return new AppError("invalid_request", `the model ${name} is of kind ${is}; ${hint(is)}`, {
    param: "model",
  });
}

function hint(is: ModelKind): string {
  return is === "transcription"
    ? "it turns speech to text, at /v1/audio/transcriptions"
    : "speech is turned to text by a model of kind transcription";
}
