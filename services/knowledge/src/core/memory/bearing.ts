import { isStopWord } from "../stop-words.ts";
import { cjkBigrams, cjkRun } from "../parts.ts";
import { gist } from "./normalise.ts";

/** Verbs and nouns of asking: they say nothing of what is asked about. */
const asking: ReadonlySet<string> = new Set(
  `user like use want need know make get give tell show help explain write create find buy choose recommend suggest good best better thing
  way please question answer today time new can could should would will one example work prefer favorite always`.split(
    /\s+/u,
  ),
);

/**
 * Whether a memory bears on a question, judged by its words alone: at least two telling words of the question are in
 * it, or more than a third of them. A question without telling words is borne on by nothing.
 */
export function bearsOn(question: string, content: string): boolean {
  const asked = tellingWords(question);
  const said = tellingWords(content);
  const shared = [...asked].filter((word) => said.has(word)).length;
  return shared >= 2 || (shared >= 1 && shared / asked.size > 1 / 3);
}

function tellingWords(text: string): ReadonlySet<string> {
  const words = gist(text)
    .split(" ")
    .filter((word) => /[\p{L}\p{N}]/u.test(word) && !isStopWord(word) && !asking.has(word));
  return new Set(
    words.flatMap((word) =>
      (word.match(cjkRun) ?? []).flatMap((run) => cjkBigrams(run)).concat(word.replaceAll(cjkRun, "") || []),
    ),
  );
}
