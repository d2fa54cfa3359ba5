import type { EnrichAnswer, EnrichCall, EnrichmentReport, TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";
import type { Assistant } from "@benchai/contract/models";
import type { Logger } from "@benchai/kernel/log";

import { AnswerEditor } from "../core/answer-editor.ts";
import type { Assistants } from "../core/assistants.ts";
import type { Call } from "../core/call.ts";
import { questionOf, rewriteChat } from "../core/chat-body.ts";
import { type Directory, modelNotFound } from "../core/directory.ts";
import { budgetTokens, emptyReport, mergedWish, reportOf, turnOf, wantsText } from "../core/enrichment.ts";
import { type Extraction, keeping, withNote } from "../core/turn-keeping.ts";
import { type Owners, ownerOf } from "../core/owner.ts";
import type { KnowledgeClient } from "./knowledge-client.ts";
import { sha256Hex } from "./sha256.ts";

/** What the newest snapshot says of who asks and what may be asked for. */
export type Known = {
  readonly directory: Directory;
  readonly assistants: Assistants;
  readonly owners: Owners;
};

/** A call as it goes to a worker, and what is to be done with its answer. */
export type Prepared = {
  readonly call: Call;
  readonly body: Uint8Array;
  /** Made anew for each try at a worker. */
  readonly editor: () => AnswerEditor;
  /** The turn to keep when the model has said something; undefined when none is to be kept. */
  readonly turn: ((said: string) => { readonly owner: string; readonly turn: TurnReport }) | undefined;
};

export type EnricherOptions = {
  /** Undefined when no knowledge service is configured. */
  readonly client: KnowledgeClient | undefined;
  readonly timeoutMs: number;
  /** Share of a model's context that retrieved text may take. */
  readonly contextShare: number;
  readonly extraction: () => Extraction;
  readonly log: Logger;
  readonly onEnd: (outcome: "enriched" | "nothing" | "skipped") => void;
};

/** Chats that wait for knowledge at a time; more go on without it. */
const maxAtOnce = 128;
/** As much of a question as knowledge takes, in UTF-16 units. */
const questionChars = 200_000;

/** Makes the call and body that a worker gets from a chat that asked for more than its own words, or for an assistant. */
export class Enricher {
  readonly #options: EnricherOptions;
  #atOnce = 0;

  constructor(options: EnricherOptions) {
    this.#options = options;
  }

  /** Throws an `AppError` when the model is not there or `signal` aborts; knowledge that is away or slow costs only its text. */
  async prepare(
    call: Call,
    body: Uint8Array,
    known: Known,
    requestId: string,
    signal: AbortSignal,
  ): Promise<Prepared> {
    try {
      return await this.#prepare(call, body, known, requestId, signal);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (!signal.aborted)
        this.#options.log.error({ err: error, requestId }, "a chat could not be made ready");
      throw new AppError("internal_error", "internal error; the service's log has the details", {
        cause: error,
      });
    }
  }

  async #prepare(
    call: Call,
    body: Uint8Array,
    known: Known,
    requestId: string,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const assistant = known.assistants.get(call.model);
    const { view } = modelOf(call, assistant, known.directory);
    const wish = mergedWish(call.wish, assistant?.enrichment);
    const owner = ownerOf(call.credentials, known.owners, sha256Hex);
    const question = questionOf(body);
    const budget = budgetTokens(call.wish, assistant, view, this.#options.contextShare);
    const answer = wantsText(wish)
      ? await this.#lookUp(owner, question, { request: wish, budgetTokens: budget }, requestId, signal)
      : undefined;
    signal.throwIfAborted();
    const model = assistant ? view.name : undefined;
    const rewritten = rewriteChat(body, { model, system: assistant?.system, block: answer?.block });
    const { isKept, note } = keeping(wish, question, this.#options.extraction());
    const report = withNote(answer?.report, note);
    return {
      call: { ...call, model: view.name, wish: undefined, hasHidden: hasHidden(assistant, answer?.block) },
      body: rewritten,
      editor: () => new AnswerEditor(report, isKept),
      turn:
        isKept && question !== undefined
          ? (said) => ({ owner, turn: turnOf(wish, question, said, requestId) })
          : undefined,
    };
  }

  async #lookUp(
    owner: string,
    question: string | undefined,
    call: Omit<EnrichCall, "question">,
    requestId: string,
    signal: AbortSignal,
  ): Promise<{ readonly block: string; readonly report: EnrichmentReport }> {
    if (question === undefined) return this.#without("there is no user message with a text to search for");
    const { client, timeoutMs } = this.#options;
    if (!client) return this.#without("no knowledge service is configured (KNOWLEDGE_URL)");
    if (this.#atOnce >= maxAtOnce)
      return this.#without("too many questions at once; memory and documents were left out");
    this.#atOnce += 1;
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const asked = { ...call, question: question.slice(0, questionChars) };
      return this.#with(await client.enrich(owner, asked, requestId, deadline));
    } catch (error) {
      return this.#without(whyNot(error, timeoutMs));
    } finally {
      this.#atOnce -= 1;
    }
  }

  #with(answer: EnrichAnswer) {
    this.#options.onEnd(answer.block === "" ? "nothing" : "enriched");
    return { block: answer.block, report: reportOf(answer) };
  }

  #without(note: string) {
    this.#options.onEnd("skipped");
    return { block: "", report: emptyReport(note) };
  }
}

function modelOf(call: Call, assistant: Assistant | undefined, directory: Directory) {
  const entry = directory.get(assistant?.model ?? call.model);
  if (entry) return entry;
  if (!assistant) throw modelNotFound(call.model, directory);
  throw new AppError(
    "model_invalid",
    `the assistant ${assistant.name} wants the model ${assistant.model}, which does not exist; correct benchai.yaml`,
    { param: "model" },
  );
}

function hasHidden(assistant: Assistant | undefined, block = ""): boolean {
  return block !== "" || assistant?.system !== undefined;
}

function whyNot(error: unknown, timeoutMs: number): string {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  if (isLate) return `knowledge did not answer within ${timeoutMs} ms; memory and documents were left out`;
  const why = error instanceof AppError ? `: ${error.message}` : "";
  return `knowledge cannot be reached; memory and documents were left out${why}`;
}
