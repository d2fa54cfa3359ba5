import { AppError } from "@benchai/contract/errors";
import { LiveMessage, LiveStart } from "@benchai/contract/speech";
import { Value } from "typebox/value";

/** A message of a client that has a text spoken while it is being written. Errors: `invalid_json`, `invalid_request`. */
export function readLiveMessage(json: string): LiveMessage {
  const value = parsed(json);
  if (Value.Check(LiveMessage, value)) return value;
  const isStart = typeof value === "object" && value !== null && "type" in value && value.type === "start";
  const [first] = isStart ? Value.Errors(LiveStart, value) : [];
  const where = first?.instancePath.slice(1).replaceAll("/", ".") ?? "";
  throw new AppError(
    "invalid_request",
    first
      ? `\`${where === "" ? "start" : where}\` ${first.message}`
      : 'a message is {"type": "start" | "text" | "flush" | "end"}, and a text has its `text`',
    where === "" ? {} : { param: where },
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AppError("invalid_json", "the message is not valid JSON", { cause });
  }
}

/** Where a conversation stands: nothing was said yet, a text is being written, or all of it is here. */
export type LiveState = "new" | "open" | "ended";

/** The state after a message. Errors: `invalid_request` for one that has no place there. */
export function nextLiveState(state: LiveState, type: LiveMessage["type"]): LiveState {
  if (state === "new" && type === "start") return "open";
  if (state === "open" && type !== "start") return type === "end" ? "ended" : "open";
  const wanted = {
    new: "the first message is `start`",
    open: "`start` comes once",
    ended: "nothing follows `end`",
  };
  throw new AppError("invalid_request", `\`${type}\` has no place here: ${wanted[state]}`);
}
