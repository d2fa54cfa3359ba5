import {
  afterBlanks,
  type Edit,
  edited,
  elementsOf,
  type Member,
  membersOf,
  removalOf,
  type Span,
} from "./json-spans.ts";

/** What is changed in a chat's body; what is absent stays as the client wrote it. */
export type ChatChanges = {
  readonly model?: string | undefined;
  /** An assistant's prompt: stands first, before the client's own system message in the same message. */
  readonly system?: string | undefined;
  /** Retrieved text, ready to stand in a prompt. */
  readonly block?: string | undefined;
};

const openBracket = 0x5b;
const quote = 0x22;
const openBrace = 0x7b;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A chat's body without the field `benchai` and with what was asked for in it, every other byte as it came. The block
 * goes into the last user message, before its own text: everything before that message stays what it was, so that prompt
 * caches hold, and chat templates that refuse two user messages in a row, or a late system message, still work.
 */
export function rewriteChat(body: Uint8Array, { model, system, block }: ChatChanges): Uint8Array {
  const members = membersOf(body, afterBlanks(body, 0));
  const ours = members.find(({ key }) => key === "benchai");
  const named = members.find(({ key }) => key === "model");
  const messages = messagesOf(body, members);
  const edits: (Edit | undefined)[] = [
    ours && removalOf(members, ours),
    named && model !== undefined ? { ...named.value, text: JSON.stringify(model) } : undefined,
    system === undefined ? undefined : systemEdit(body, messages, system),
    block === undefined || block === "" ? undefined : blockEdit(body, messages, block),
  ];
  return edited(
    body,
    edits.filter((edit) => edit !== undefined),
  );
}

/** The text of the last user message, its text parts joined; undefined when there is none. */
export function questionOf(body: Uint8Array): string | undefined {
  const messages = messagesOf(body, membersOf(body, afterBlanks(body, 0)));
  const asked = messages && lastUserMessage(body, messages);
  if (!asked) return undefined;
  const text = textOf(asked.value["content"]);
  return text === "" ? undefined : text;
}

/** The text of a message's content, be it a string or parts (OpenAI API reference, Chat). */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts = content.map((part: unknown) =>
    isObject(part) && part["type"] === "text" ? part["text"] : undefined,
  );
  return texts.filter((text) => typeof text === "string").join("\n");
}

type Messages = { readonly start: number; readonly elements: readonly Span[] };
type Message = { readonly span: Span; readonly value: Readonly<Record<string, unknown>> };

function messagesOf(body: Uint8Array, members: readonly Member[]): Messages | undefined {
  const start = members.find(({ key }) => key === "messages")?.value.start;
  if (start === undefined || body[start] !== openBracket) return undefined;
  return { start, elements: elementsOf(body, start) };
}

function messageAt(body: Uint8Array, span: Span | undefined): Message | undefined {
  if (!span || body[span.start] !== openBrace) return undefined;
  const value: unknown = JSON.parse(utf8.decode(body.subarray(span.start, span.end)));
  return isObject(value) ? { span, value } : undefined;
}

function lastUserMessage(body: Uint8Array, { elements }: Messages): Message | undefined {
  for (const span of elements.toReversed()) {
    const message = messageAt(body, span);
    if (message?.value["role"] === "user") return message;
  }
  return undefined;
}

function blockEdit(body: Uint8Array, messages: Messages | undefined, block: string): Edit | undefined {
  const message = messages && lastUserMessage(body, messages);
  return message && prefixEdit(body, message, block);
}

function systemEdit(body: Uint8Array, messages: Messages | undefined, system: string): Edit | undefined {
  if (!messages) return undefined;
  const first = messageAt(body, messages.elements[0]);
  const role = first?.value["role"];
  const isSystem = role === "system" || role === "developer";
  const joined = first && isSystem ? prefixEdit(body, first, `${system}\n\n`) : undefined;
  if (joined) return joined;
  const at = messages.start + 1;
  const comma = messages.elements.length > 0 ? "," : "";
  return { start: at, end: at, text: `${JSON.stringify({ role: "system", content: system })}${comma}` };
}

/** Puts text before a message's own; undefined when its content is neither a text nor parts. */
function prefixEdit(body: Uint8Array, { span }: Message, text: string): Edit | undefined {
  // Of a key that stands twice the last counts, as for JSON.parse.
  const content = membersOf(body, span.start).findLast(({ key }) => key === "content")?.value;
  if (!content) return undefined;
  const at = content.start + 1;
  if (body[content.start] === quote) return { start: at, end: at, text: JSON.stringify(text).slice(1, -1) };
  if (body[content.start] !== openBracket) return undefined;
  const comma = elementsOf(body, content.start).length > 0 ? "," : "";
  return { start: at, end: at, text: `${JSON.stringify({ type: "text", text })}${comma}` };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
