const lf = 0x0a;
const cr = 0x0d;
const bracket = 0x5d;
const doneMarks = ["data: [DONE]", "data:[DONE]"] as const;
const longestMark = 32;

/**
 * Cuts a stream of bytes at the ends of server-sent events, so that only whole events are passed on and an
 * error event can be added at any time. Source: WHATWG HTML, "Server-sent events" (events end with a blank line).
 */
export class SseFrames {
  readonly #maxTailBytes: number;
  #tail: Uint8Array | undefined;
  /** Whether the newest whole event was `data: [DONE]`, which ends an OpenAI stream. */
  isDone = false;

  constructor(maxTailBytes: number) {
    this.#maxTailBytes = maxTailBytes;
  }

  /** The whole events that are complete with this chunk; undefined when it completes none. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const bytes = this.#tail ? join(this.#tail, chunk) : chunk;
    // What was searched before need not be again, but a blank line may straddle the seam.
    const end = lastEventEnd(bytes, Math.max(0, bytes.length - chunk.length - 3));
    if (end === 0 && bytes.length <= this.#maxTailBytes) {
      this.#tail = bytes;
      return undefined;
    }
    // An event larger than the bound goes on in pieces: memory is bounded before neatness.
    const cut = end === 0 ? bytes.length : end;
    this.#tail = cut < bytes.length ? bytes.subarray(cut) : undefined;
    const whole = bytes.subarray(0, cut);
    this.isDone ||= endsWithDone(whole);
    return whole;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** The index behind the last blank line at or after `from`, or 0 when there is none. */
function lastEventEnd(bytes: Uint8Array, from: number): number {
  for (let i = bytes.length - 1; i > from; i = bytes.lastIndexOf(lf, i - 1)) {
    if (bytes[i] === lf && isBlankLine(bytes, i)) return i + 1;
    if (i <= 0) break;
  }
  return 0;
}

/** Whether the line that ends with the line feed at `i` is empty, with either kind of line end. */
function isBlankLine(bytes: Uint8Array, i: number): boolean {
  const before = bytes[i - 1] === cr ? i - 2 : i - 1;
  return bytes[before] === lf;
}

function endsWithDone(events: Uint8Array): boolean {
  let end = events.length;
  while (end > 0 && (events[end - 1] === lf || events[end - 1] === cr)) end -= 1;
  if (events[end - 1] !== bracket) return false;
  const last = String.fromCharCode(...events.subarray(Math.max(0, end - longestMark), end));
  return doneMarks.some((mark) => last.endsWith(mark) && isLineStart(events, end - mark.length));
}

function isLineStart(bytes: Uint8Array, i: number): boolean {
  return i === 0 || bytes[i - 1] === lf;
}
