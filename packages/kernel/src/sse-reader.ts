export type ServerEvent = { readonly name: string; readonly data: string };

/** Reads server-sent events from text that comes in pieces; comments and unknown fields are skipped. */
export class SseReader {
  #rest = "";

  /** The events that are complete with this piece. */
  push(text: string): readonly ServerEvent[] {
    const blocks = `${this.#rest}${text}`.split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? "";
    return blocks.map(readEvent).filter((event) => event.data !== "");
  }

  /** How much of an unfinished event is held, in characters. */
  get heldChars(): number {
    return this.#rest.length;
  }
}

function readEvent(block: string): ServerEvent {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const value = line.slice(line.indexOf(":") + 1).replace(/^ /, "");
    if (line.startsWith("event:")) name = value;
    else if (line.startsWith("data:")) data.push(value);
  }
  return { name, data: data.join("\n") };
}
