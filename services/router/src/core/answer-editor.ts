import type { EnrichmentReport } from "@benchai/contract/enrichment";

import { textOf } from "./chat-body.ts";
import { keptChars } from "./enrichment.ts";
import { afterBlanks, edited } from "./json-spans.ts";
import { SseReader } from "@benchai/kernel/sse-reader";

const openBrace = 0x7b;
const closeBrace = 0x7d;
const lf = 0x0a;
/** An event longer than this is not read, in characters. */
const longestEvent = 1_024 * 1_024;

type Head = { readonly id: unknown; readonly created: unknown; readonly model: unknown };

/**
 * Adds the report of an enrichment to a model's answer, and keeps what the model said when the turn is to be kept. Only
 * successful answers pass through here: an error carries nothing of what was put into its prompt (SECURITY E4).
 */
export class AnswerEditor {
  readonly #report: EnrichmentReport | undefined;
  readonly #isKept: boolean;
  readonly #text = new TextDecoder();
  readonly #events = new SseReader();
  #head: Head | undefined;
  #isBlind = false;
  #said = "";

  constructor(report: EnrichmentReport | undefined, isKept: boolean) {
    this.#report = report;
    this.#isKept = isKept;
  }

  /** What the model said, as far as it was kept; empty when it said nothing. */
  get said(): string {
    return this.#said;
  }

  /** The beginning of an answer that is not a stream, with the report as its first member. */
  body(beginning: Uint8Array, isWhole: boolean): Uint8Array {
    if (this.#isKept && isWhole)
      this.#said = textOf(messageOf(parsed(new TextDecoder().decode(beginning)))["content"]);
    const start = afterBlanks(beginning, 0);
    if (!this.#report || beginning[start] !== openBrace) return beginning;
    const comma = beginning[afterBlanks(beginning, start + 1)] === closeBrace ? "" : ",";
    const text = `"benchai":${JSON.stringify(this.#report)}${comma}`;
    return edited(beginning, [{ start: start + 1, end: start + 1, text }]);
  }

  /** Whole events of a stream; the report stands before the `[DONE]` that ends them when `isDone`. */
  events(events: Uint8Array, isDone: boolean): Uint8Array {
    if (!this.#isBlind && (this.#isKept || !this.#head)) this.#read(events);
    if (!this.#report || !isDone) return events;
    const at = doneStart(events);
    return edited(events, [{ start: at, end: at, text: this.#reportEvent(this.#report) }]);
  }

  #read(events: Uint8Array): void {
    for (const { data } of this.#events.push(this.#text.decode(events, { stream: true }))) {
      const chunk = parsed(data);
      if (!this.#head && typeof chunk["id"] === "string")
        this.#head = { id: chunk["id"], created: chunk["created"], model: chunk["model"] };
      if (this.#isKept && this.#said.length < keptChars) this.#said += textOf(deltaOf(chunk)["content"]);
    }
    this.#isBlind = this.#events.heldChars > longestEvent;
  }

  /** A chunk without choices, as the one that carries `usage` (OpenAI API reference, `stream_options`). */
  #reportEvent(report: EnrichmentReport): string {
    const { id = "chatcmpl-benchai", created = 0, model = "" } = this.#head ?? {};
    const chunk = { id, object: "chat.completion.chunk", created, model, choices: [], benchai: report };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
}

/** Where the line `data: [DONE]` begins, which is the last that is not empty. */
function doneStart(events: Uint8Array): number {
  let end = events.length;
  while (end > 0 && events[end - 1] !== 0x5d) end -= 1;
  return events.lastIndexOf(lf, end - 1) + 1;
}

function messageOf(answer: Readonly<Record<string, unknown>>) {
  return record(firstChoice(answer)["message"]);
}

function deltaOf(chunk: Readonly<Record<string, unknown>>) {
  return record(firstChoice(chunk)["delta"]);
}

function firstChoice({ choices }: Readonly<Record<string, unknown>>) {
  return record(Array.isArray(choices) ? choices[0] : undefined);
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(json));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
