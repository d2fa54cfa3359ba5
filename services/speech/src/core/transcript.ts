/** Times in s from the recording's beginning. */
type Word = { readonly word: string; readonly startS: number; readonly endS: number };

/** A stretch of speech as Whisper cuts it. `text` begins with a space where a word begins. */
export type Segment = {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
  /** Where the sound that it was heard in begins. */
  readonly windowStartS: number;
  readonly tokens: readonly number[];
  readonly words: readonly Word[];
  readonly temperature: number;
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
};

export type Transcript = {
  readonly task: "transcribe" | "translate";
  /** Whisper's name for it, such as `english`. */
  readonly language: string;
  readonly durationS: number;
  readonly segments: readonly Segment[];
};

/** OpenAI API reference, Audio, `response_format` of a transcription; `diarized_json` needs a model that knows voices. */
export const transcriptFormats = ["json", "text", "srt", "verbose_json", "vtt"] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

export type Granularity = "word" | "segment";

/** How well a text can be compressed, as Whisper measures repetition: its bytes by those of its compressed form. */
export type CompressionRatio = (text: string) => number;

export function plainText({ segments }: Pick<Transcript, "segments">): string {
  return segments
    .map(({ text }) => text)
    .join("")
    .trim();
}

/** Seconds of sound, as OpenAI counts them: begun ones count. */
export function usageOf({ durationS }: Pick<Transcript, "durationS">) {
  return { type: "duration", seconds: Math.ceil(durationS) } as const;
}

/** `verbose_json`: words in a list of their own, and segments unless only words were asked for. */
export function verboseTranscript(
  transcript: Transcript,
  granularities: readonly Granularity[],
  ratioOf: CompressionRatio,
) {
  const { task, language, durationS, segments } = transcript;
  const hasSegments = granularities.length === 0 || granularities.includes("segment");
  return {
    task,
    language,
    duration: durationS,
    text: plainText(transcript),
    ...(hasSegments ? { segments: segments.map((s, id) => segmentView(s, id, ratioOf)) } : {}),
    ...(granularities.includes("word") ? { words: segments.flatMap((s) => s.words.map(wordView)) } : {}),
    usage: usageOf(transcript),
  };
}

function segmentView(s: Segment, id: number, ratioOf: CompressionRatio) {
  return {
    id,
    /** In frames of 10 ms. */
    seek: Math.round(s.windowStartS * 100),
    start: s.startS,
    end: s.endS,
    text: s.text,
    tokens: s.tokens,
    temperature: s.temperature,
    avg_logprob: s.averageLogProbability,
    compression_ratio: ratioOf(s.text),
    no_speech_prob: s.noSpeechProbability,
  };
}

function wordView({ word, startS, endS }: Word) {
  return { word: word.trim(), start: startS, end: endS };
}

/** SubRip. An arrow in the text would be read as times. */
export function srtTranscript({ segments }: Pick<Transcript, "segments">): string {
  return spoken(segments)
    .map((s, i) => {
      const text = oneLine(s.text).replaceAll("-->", "->");
      return `${i + 1}\n${clock(s.startS, ",")} --> ${clock(s.endS, ",")}\n${text}\n\n`;
    })
    .join("");
}

/** WebVTT (W3C), whose text has escapes as HTML has them. */
export function vttTranscript({ segments }: Pick<Transcript, "segments">): string {
  const cues = spoken(segments).map((s) => {
    const text = oneLine(s.text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `${clock(s.startS, ".")} --> ${clock(s.endS, ".")}\n${text}\n\n`;
  });
  return `WEBVTT\n\n${cues.join("")}`;
}

/** A cue without a text is none, and an empty line would end it. */
function spoken(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter(({ text }) => text.trim() !== "");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** `01:02:03,456`. */
function clock(seconds: number, point: "," | "."): string {
  const ms = Math.round(seconds * 1_000);
  const two = (n: number) => `${n}`.padStart(2, "0");
  const [h, m, s] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1_000) % 60].map(Math.floor);
  return `${two(h ?? 0)}:${two(m ?? 0)}:${two(s ?? 0)}${point}${`${ms % 1_000}`.padStart(3, "0")}`;
}
