import { AppError } from "@benchai/contract/errors";
import type { ThreadCalls } from "@benchai/kernel/thread";

import { partitionKnown, readQuestions } from "./core/eval-questions.ts";
import {
  askableWords,
  type ChunkPlace,
  type EvalQuestion,
  knownItemQuestion,
  samplePlaces,
} from "./core/known-items.ts";
import { seededRandom } from "./core/seeded-random.ts";
import type { SearchScope } from "./edge/store/hits.ts";
import type { ReaderApi } from "./edge/store/reader-thread.ts";

type Reader = ThreadCalls<ReaderApi>;

/** What is asked, and what has to be said of it. */
export type QuestionSet = { readonly questions: readonly EvalQuestion[]; readonly notes: readonly string[] };

const madeCount = 200;
const seed = 1;
const shownPaths = 20;

/** The owner's questions, given as JSON lines, or ones made of the owner's documents: the same for the same documents. */
export async function questionsFor(
  read: Reader,
  { owner, collection, given }: { owner: string; collection: string | undefined; given: string | undefined },
): Promise<QuestionSet> {
  const collections = collection === undefined ? undefined : [collection];
  const scope = await read.searchScope({ owner, collections });
  const places = await read.chunkPlaces({ scope });
  if (places.length === 0)
    throw new AppError(
      "not_found",
      `there is nothing to search: ${collection ?? owner} has no documents with text`,
    );
  return given === undefined ? madeOf(read, scope, places) : ownQuestions(given, places);
}

function ownQuestions(given: string, places: readonly ChunkPlace[]): QuestionSet {
  const { known, missing } = partitionKnown(readQuestions(given), new Set(places.map(({ path }) => path)));
  if (known.length === 0)
    throw new AppError("not_found", `no question names a document that is there: ${missing[0] ?? ""} is not`);
  const left = `left out, as these documents are not there: ${missing.slice(0, shownPaths).join(", ")}`;
  return {
    questions: known,
    notes: [`${known.length} of your questions`, ...(missing.length > 0 ? [left] : [])],
  };
}

async function madeOf(read: Reader, scope: SearchScope, places: readonly ChunkPlace[]): Promise<QuestionSet> {
  const random = seededRandom(seed);
  const chunkIds = samplePlaces(places, madeCount, random).map(({ chunkId }) => chunkId);
  const hits = await read.storedHits({ scope, chunkIds, neighbours: 0 });
  const texts = hits.map(({ content }) => askableWords(content));
  const vocabulary = await read.vocabulary([...new Set(texts.flat())]);
  const questions = hits.flatMap(({ citation }, i) => {
    const question = knownItemQuestion(texts[i] ?? [], vocabulary, random);
    return question === undefined ? [] : [{ question, paths: [citation.path] }];
  });
  if (questions.length === 0)
    throw new AppError(
      "not_found",
      "the documents have too few words to make questions of; write some (--questions FILE)",
    );
  return {
    questions,
    notes: [
      `${questions.length} questions made of your documents, each of a passage's own words: easier than real ones. They tell`,
      "settings apart and say little of how well your own questions are answered; --questions FILE asks those.",
    ],
  };
}
