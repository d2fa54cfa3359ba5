import { AppError } from "@benchai/contract/errors";
import { SseReader } from "@benchai/kernel/sse-reader";
import { Type } from "typebox";
import { Value } from "typebox/value";

import type { TextPart } from "./text-part.ts";

/** Reads the parts of a text out of a request's body as it comes. */
export type TextBodyReader = {
  push(text: string): readonly TextPart[];
  end(): readonly TextPart[];
};

/** The media types in which a text may arrive. */
export const textBodyTypes = ["text/plain", "application/x-ndjson", "text/event-stream"] as const;
export type TextBodyType = (typeof textBodyTypes)[number];

/** The longest line or event, in characters. */
const maxLineChars = 65_536;

export function textBodyReader(type: TextBodyType): TextBodyReader {
  if (type === "application/x-ndjson") return new LineReader();
  return type === "text/event-stream" ? new EventReader() : plain;
}

const plain: TextBodyReader = { push: (text) => textPart(text), end: () => [] };

const Line = Type.Union([
  Type.String(),
  Type.Object({ text: Type.String() }),
  Type.Object({ flush: Type.Literal(true) }),
]);

/** Each line is JSON: a string, `{"text": …}`, or `{"flush": true}`. */
class LineReader implements TextBodyReader {
  #rest = "";

  push(text: string): readonly TextPart[] {
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = bounded(lines.pop() ?? "");
    return lines.flatMap(lineParts);
  }

  end(): readonly TextPart[] {
    return lineParts(this.#rest);
  }
}

function lineParts(line: string): readonly TextPart[] {
  if (line.trim() === "") return [];
  const value = parsed(line);
  if (!Value.Check(Line, value))
    throw new AppError("invalid_request", 'each line is a string, {"text": "…"} or {"flush": true}');
  if (typeof value === "string") return textPart(value);
  return "text" in value ? textPart(value.text) : [{ kind: "flush" }];
}

/** As much of a chunk of a chat as is spoken; OpenAI API reference, "The chat completion chunk object". */
const ChatChunk = Type.Object({
  choices: Type.Array(
    Type.Object({
      index: Type.Optional(Type.Integer()),
      delta: Type.Optional(Type.Object({ content: Type.Optional(Type.Union([Type.String(), Type.Null()])) })),
    }),
  ),
});

/** Chunks of a streamed chat as a server sends them; the first choice's text is said. */
class EventReader implements TextBodyReader {
  readonly #events = new SseReader();

  push(text: string): readonly TextPart[] {
    const parts = this.#events.push(text).flatMap(({ data }) => chatText(data));
    if (this.#events.heldChars > maxLineChars) throw tooLong();
    return parts;
  }

  end(): readonly TextPart[] {
    return this.push("\n\n");
  }
}

/** What the data of an event adds to the text. */
export function chatText(data: string): readonly TextPart[] {
  if (data === "[DONE]") return [];
  const value = parsed(data);
  if (!Value.Check(ChatChunk, value)) return [];
  return value.choices.flatMap(({ index = 0, delta }) =>
    index === 0 && typeof delta?.content === "string" ? textPart(delta.content) : [],
  );
}

function textPart(text: string): readonly TextPart[] {
  return text === "" ? [] : [{ kind: "text", text }];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AppError("invalid_json", "a part of the text is not valid JSON", { cause });
  }
}

function bounded(line: string): string {
  if (line.length > maxLineChars) throw tooLong();
  return line;
}

function tooLong(): AppError {
  return new AppError("body_too_large", `a line of the text has more than ${maxLineChars} characters`);
}
