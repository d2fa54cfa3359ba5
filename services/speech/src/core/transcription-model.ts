import { AppError } from "@benchai/contract/errors";

/** What of a card of `GET /v1/models` decides; an alias is a card of its own. */
export type TranscriptionCard = { readonly id: string; readonly state: string };

/** OpenAI's names, which clients have built in: whichever model is here. */
const openAiNames: ReadonlySet<string> = new Set([
  "whisper-1",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-transcribe-diarize",
]);

/**
 * The name to ask the router for: the model that was asked for by its own name; else, for one of OpenAI's names or none, the
 * `preferred` one, a model that is loaded, or the first. Errors: `model_not_found`, which says what there is.
 */
export function transcriptionModel(
  asked: string | undefined,
  cards: readonly TranscriptionCard[],
  preferred: string,
): string {
  const isAny = asked === undefined || openAiNames.has(asked);
  const names = cards.map(({ id }) => id);
  if (asked !== undefined && names.includes(asked)) return asked;
  if (isAny && preferred !== "") return preferred;
  const first =
    cards.find(({ state }) => state === "ready") ?? cards.find(({ state }) => state !== "invalid");
  if (isAny && first) return first.id;
  throw notFound(asked, names);
}

function notFound(asked: string | undefined, names: readonly string[]): AppError {
  const message =
    names.length === 0
      ? "no model of kind transcription is installed; put a model of whisper.cpp, such as ggml-base.bin, into models/"
      : `${JSON.stringify(asked ?? "")} is no model of kind transcription that can be used; there are ${names.join(", ")}`;
  return new AppError("model_not_found", message, { param: "model" });
}
