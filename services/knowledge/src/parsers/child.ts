import { packError } from "@benchai/kernel/thread-error";

import { refuseNetwork } from "./no-network.ts";
import { parseDocument } from "./parse.ts";
import type { ParserInput } from "./parser.ts";

/** What a parser's process says to each document that it was sent, all of a message together and in their order. */
export type ParserAnswer = { readonly value: unknown } | { readonly error: unknown };

// The main program of a parser's process (edge/parser-process.ts).
refuseNetwork();
process.on("message", (inputs: readonly ParserInput[]) => {
  void answerAll(inputs).then((answers) => process.send?.(answers));
});
process.on("disconnect", () => process.exit());

async function answerAll(inputs: readonly ParserInput[]): Promise<readonly ParserAnswer[]> {
  const answers: ParserAnswer[] = [];
  for (const input of inputs) answers.push(await answerOne(input));
  return answers;
}

async function answerOne(input: ParserInput): Promise<ParserAnswer> {
  try {
    const { text: _text, ...value } = await parseDocument(input);
    return { value };
  } catch (error) {
    // An error's cause may be anything, even what cannot be sent.
    return { error: packError(error) };
  }
}
