import { AppError } from "@benchai/contract/errors";

import { type Granularity, type TranscriptFormat, transcriptFormats } from "./transcript.ts";
import { whisperLanguage } from "./whisper-languages.ts";

/** A form's fields in the order in which they came. Source: OpenAI API reference, Audio, "Create transcription". */
export type FormFields = readonly (readonly [name: string, value: string])[];

export type TranscriptionRequest = {
  readonly task: "transcribe" | "translate";
  readonly model: string | undefined;
  /** Whisper's code; undefined: it is found out. */
  readonly language: string | undefined;
  readonly prompt: string | undefined;
  readonly format: TranscriptFormat;
  readonly temperature: number | undefined;
  readonly granularities: readonly Granularity[];
  readonly isStream: boolean;
};

/** Whisper reads the last 224 tokens of a prompt. */
const maxPromptChars = 8_192;
const maxModelChars = 200;

/** Reads the fields beside `file`; 400 that names the one at fault. What OpenAI's other models take is passed over. */
export function readTranscriptionRequest(
  task: TranscriptionRequest["task"],
  fields: FormFields,
): TranscriptionRequest {
  const one = new Map(fields);
  const request = {
    task,
    model: short("model", one.get("model"), maxModelChars),
    language: readLanguage(one.get("language")),
    prompt: short("prompt", one.get("prompt"), maxPromptChars),
    format: oneOf("response_format", one.get("response_format") ?? "json", transcriptFormats),
    temperature: readTemperature(one.get("temperature")),
    granularities: readGranularities(fields),
    isStream: one.get("stream") !== undefined && oneOf("stream", one.get("stream"), truths) === "true",
  };
  if (request.granularities.length > 0 && request.format !== "verbose_json")
    throw invalid("timestamp_granularities[]", "goes with response_format verbose_json");
  if (request.isStream && request.format !== "json" && request.format !== "text")
    throw invalid("stream", "goes with response_format json or text");
  return request;
}

const truths = ["true", "false"] as const;

function short(name: string, value: string | undefined, maxChars: number): string | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  if (value.length > maxChars) throw invalid(name, `is longer than ${maxChars} characters`);
  return value;
}

function oneOf<T extends string>(name: string, value: string | undefined, all: readonly T[]): T {
  const found = all.find((one) => one === value);
  if (found === undefined) throw invalid(name, `must be one of ${all.join(", ")}`);
  return found;
}

function readLanguage(value: string | undefined): string | undefined {
  if (value === undefined || value === "" || value === "auto") return undefined;
  const code = whisperLanguage(value);
  if (code === undefined)
    throw invalid("language", "must be the ISO 639-1 code of a language that Whisper knows, such as en");
  return code;
}

function readTemperature(value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = Number(value);
  if (!(number >= 0 && number <= 1)) throw invalid("temperature", "must be a number from 0 to 1");
  return number;
}

function readGranularities(fields: FormFields): readonly Granularity[] {
  const name = "timestamp_granularities[]";
  return fields
    .filter(([field]) => field === name || field === "timestamp_granularities")
    .map(([, value]) => oneOf(name, value, ["word", "segment"]));
}

function invalid(param: string, message: string): AppError {
  return new AppError("invalid_request", `\`${param}\` ${message}`, { param });
}
