import { packError } from "@benchai/kernel/thread-error";

import { refuseNetwork } from "./no-network.ts";
import { parseDocument } from "./parse.ts";
import type { ParserInput } from "./parser.ts";

/** What a parser's process says to each document it is sent, one at a time. */
export type ParserAnswer = { readonly value: unknown } | { readonly error: unknown };

// The main program of a parser's process (edge/parser-process.ts).
refuseNetwork();
process.on("message", (input: ParserInput) => {
  const say = (answer: ParserAnswer) => process.send?.(answer);
  void parseDocument(input).then(
    ({ text: _text, ...value }) => say({ value }),
    // An error's cause may be anything, even what cannot be sent.
    (error: unknown) => say({ error: packError(error) }),
  );
});
process.on("disconnect", () => process.exit());
