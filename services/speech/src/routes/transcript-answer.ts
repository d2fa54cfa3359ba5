import { deflateSync } from "node:zlib";

import { assertNever } from "@benchai/kernel/assert-never";

import {
  plainText,
  srtTranscript,
  type Transcript,
  usageOf,
  verboseTranscript,
  vttTranscript,
} from "../core/transcript.ts";
import type { TranscriptionRequest } from "../core/transcription-request.ts";

export type TranscriptAnswer = { readonly mediaType: string; readonly body: string };

/** A transcript in the format that was asked for. */
export function transcriptAnswer(
  transcript: Transcript,
  { format, granularities }: Pick<TranscriptionRequest, "format" | "granularities">,
): TranscriptAnswer {
  switch (format) {
    case "text":
      return { mediaType: "text/plain; charset=utf-8", body: `${plainText(transcript)}\n` };
    case "srt":
      return { mediaType: "application/x-subrip; charset=utf-8", body: srtTranscript(transcript) };
    case "vtt":
      return { mediaType: "text/vtt; charset=utf-8", body: vttTranscript(transcript) };
    case "verbose_json":
      return json(verboseTranscript(transcript, granularities, compressionRatio));
    case "json":
      return json({ text: plainText(transcript), usage: usageOf(transcript) });
    default:
      return assertNever(format);
  }
}

function json(value: unknown): TranscriptAnswer {
  return { mediaType: "application/json; charset=utf-8", body: JSON.stringify(value) };
}

/** As Whisper's own code has it (openai/whisper, `compression_ratio`). */
function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}
