import type { VerboseCaptions } from "@benchai/contract/speech";
import { assertNever } from "@benchai/kernel/assert-never";

import { type CaptionPart, type Cue, cuesOf } from "./cues.ts";

export const captionFormats = ["json", "srt", "vtt"] as const;
export type CaptionFormat = (typeof captionFormats)[number];

/**
 * What is said when. `json` is OpenAI's `verbose_json` of transcriptions: times in seconds, a segment for each sentence, and the
 * words where the engine gives them. `srt` and `vtt` have cues that can be read: at most two lines, 7 s.
 */
export function captions(parts: readonly CaptionPart[], format: CaptionFormat): string {
  switch (format) {
    case "json":
      return JSON.stringify(verbose(parts));
    case "srt":
      return parts.flatMap(cuesOf).map(srtCue).join("\n");
    case "vtt":
      return ["WEBVTT\n", ...parts.flatMap(cuesOf).map(vttCue)].join("\n");
    default:
      return assertNever(format);
  }
}

function verbose(parts: readonly CaptionPart[]): VerboseCaptions {
  const words = parts.flatMap(({ startMs, words: spoken = [] }) =>
    spoken.map((word) => ({
      word: word.word,
      start: seconds(startMs + word.startMs),
      end: seconds(startMs + word.endMs),
    })),
  );
  return {
    duration: seconds(parts.at(-1)?.endMs ?? 0),
    text: parts.map(({ text }) => text).join(" "),
    segments: parts.map(({ text, startMs, endMs }, id) => ({
      id,
      start: seconds(startMs),
      end: seconds(endMs),
      text,
    })),
    words,
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1_000;
}

/** SubRip has no escapes; an arrow in the text would be taken for a time line. */
function srtCue({ startMs, endMs, lines }: Cue, index: number): string {
  const text = lines.map((line) => line.replaceAll("-->", "→")).join("\n");
  return `${index + 1}\n${time(startMs, ",")} --> ${time(endMs, ",")}\n${text}\n`;
}

/** WebVTT, 4.2.2: cue text. */
function vttCue({ startMs, endMs, lines }: Cue): string {
  const text = lines.join("\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `${time(startMs, ".")} --> ${time(endMs, ".")}\n${text}\n`;
}

function time(ms: number, point: string): string {
  const whole = Math.round(ms);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const clock = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1_000) % 60].map(two).join(":");
  return `${clock}${point}${String(whole % 1_000).padStart(3, "0")}`;
}
