import { AppError } from "@benchai/contract/errors";
import type { WorkerEndpoint } from "@benchai/contract/models";
import { assertNever } from "@benchai/kernel/assert-never";

import type { AnswerEditor } from "../core/answer-editor.ts";
import { isKeyRefusal } from "../core/call-kinds.ts";
import type { Call } from "../core/call.ts";
import { type Entry, modelNotFound } from "../core/directory.ts";
import { type Failure, failureFrom } from "../core/failure.ts";
import { unfitness } from "../core/kind-fit.ts";
import { type Decision, decide, progressText } from "../core/readiness.ts";
import type { Listed } from "../core/roster.ts";
import { failureOfRefusal, isStillLoading, type Refusal } from "../core/upstream-failure.ts";
import { Attempt, type Outcome } from "./attempt.ts";
import type { ClientResponse } from "./client-response.ts";
import type { Desk } from "./desk.ts";
import type { Prepared } from "./enricher.ts";
import type { Lane, LaneMember } from "./lane.ts";
import { unknownModel } from "./router-metrics.ts";

/** How long a worker is left alone that could not be reached, that died, or that is not ready after all, in ms. */
const avoidMs = { unreachable: 1_000, died: 10_000, loading: 250 } as const;

const noBytes = new Uint8Array();

/** The status in metrics of a request whose client left (nginx's convention). */
const clientLeft = 499;

/**
 * One request from its arrival to its end. Level-triggered: `proceed` looks at what is known now and does the
 * next thing, and is called whenever something may have changed.
 */
export class Exchange implements LaneMember, Listed {
  readonly sinceMs: number;
  isSent = false;
  rosterIndex = -1;
  readonly #desk: Desk;
  #call: Call;
  readonly #client: ClientResponse;
  /** Exactly what the client sent, unless it asked for more to be put in; dropped at the end, since the exchange itself may linger (see `ClientResponse`). */
  #body: Uint8Array;
  #lane: Lane | undefined;
  #hasTurn = false;
  #hasWaited = false;
  #isOver = false;
  #attempt: Attempt | undefined;
  /** Under way while the body is being made that a worker gets. */
  #preparing: AbortController | undefined;
  #prepared: Pick<Prepared, "editor" | "turn"> | undefined;
  #editor: AnswerEditor | undefined;
  #generation = "";
  #losses = 0;
  /** Since when a worker has been waited for; undefined while it is not. */
  #waitFromMs: number | undefined;
  #wake: NodeJS.Timeout | undefined;

  constructor(desk: Desk, call: Call, body: Uint8Array, client: ClientResponse, sinceMs: number) {
    this.#desk = desk;
    this.#call = call;
    this.#body = body;
    this.#client = client;
    this.sinceMs = sinceMs;
    client.onGone = () => this.#leave();
  }

  start(): void {
    this.proceed();
    if (this.#isOver || !this.#call.isStream) return;
    const { HEARTBEAT_AFTER_MS: afterMs, HEARTBEAT_EVERY_MS: everyMs } = this.#desk.config;
    this.#client.startHeartbeats({ afterMs, everyMs, text: () => this.#progress() });
  }

  /** Does what can be done now: send, wait or fail. */
  proceed(): void {
    if (this.#isOver || this.isSent || this.#preparing) return;
    const prepare = this.#desk.preparation(this.#call, this.#body);
    if (prepare) this.#prepare(prepare);
    else this.#advance();
  }

  #advance(): void {
    const { directory } = this.#desk;
    const entry = directory?.get(this.#call.model);
    if (directory && !entry) return this.#refuse(modelNotFound(this.#call.model, directory));
    const unfit = entry && unfitness(this.#call.kind, entry.view);
    if (unfit) return this.#refuse(unfit);
    // Read once: what is avoided when deciding must be what the wait is measured by.
    const avoidedMs = this.#avoidedMs(entry);
    const decision = this.#decide(entry, avoidedMs);
    if (decision.kind === "fail") return this.#refuse(decision.error);
    if (entry && !this.#lane && !this.#join(entry)) return;
    if (decision.kind === "wait") return this.#wait(decision.recheckMs, avoidedMs);
    this.#sendInTurn(decision.endpoint);
  }

  #prepare(prepare: NonNullable<ReturnType<Desk["preparation"]>>): void {
    const preparing = new AbortController();
    this.#preparing = preparing;
    this.#hasWaited = true;
    prepare(this.#client.requestId, preparing.signal).then(
      (prepared) => this.#takePrepared(prepared),
      (error: AppError) => this.#isOver || this.#refuse(error),
    );
  }

  #takePrepared({ call, body, editor, turn }: Prepared): void {
    this.#preparing = undefined;
    if (this.#isOver) return;
    this.#call = call;
    this.#body = body;
    this.#prepared = { editor, turn };
    this.proceed();
  }

  onTurn(): void {
    this.#hasTurn = true;
    this.proceed();
  }

  /** Whether somebody waits for a text; embedding and reranking may be anything's background. */
  get isChat(): boolean {
    return this.#call.kind === "chat" || this.#call.kind === "completion";
  }

  /** The lane of its model, once it has a place there. */
  get lane(): Lane | undefined {
    return this.#lane;
  }

  /** Ends because the router stops: at once when it still waits, otherwise when `isLast`. */
  shutDown(isLast: boolean): void {
    this.#client.closeAfterwards();
    if (this.isSent && !isLast) return;
    this.#attempt?.abort();
    this.#refuse(new AppError("shutting_down", "the router is restarting; try again", { retryAfterS: 2 }));
  }

  /** How long the model's worker is to be left alone, in ms; 0 when it may be used, or there is none. */
  #avoidedMs(entry: Entry | undefined): number {
    return entry?.endpoint ? this.#desk.workers.avoidedForMs(entry.endpoint.generation) : 0;
  }

  #decide(entry: Entry | undefined, avoidedMs: number): Decision {
    const { config, awayMs } = this.#desk;
    const situation = {
      model: this.#call.model,
      view: entry?.view,
      endpoint: avoidedMs > 0 ? undefined : entry?.endpoint,
      waitedMs: this.#waitFromMs === undefined ? 0 : performance.now() - this.#waitFromMs,
      isRetry: this.#losses > 0,
      awayMs,
      nowMs: Date.now(),
    };
    return decide(situation, {
      loadWaitMs: config.LOAD_WAIT_MS,
      controllerWaitMs: config.CONTROLLER_WAIT_MS,
    });
  }

  #join(entry: Entry): boolean {
    const lane = this.#desk.laneOf(entry);
    const place = this.#desk.enter(lane, this);
    if (place === "full") {
      const message = `too many requests wait for the model ${lane.model}; try again`;
      this.#refuse(new AppError("queue_full", message, { retryAfterS: lane.retryAfterS }), lane);
      return false;
    }
    this.#lane = lane;
    this.#hasTurn = place === "granted";
    this.#hasWaited ||= !this.#hasTurn;
    this.#client.model = lane.headerName;
    return true;
  }

  #wait(recheckMs: number, avoidedMs: number): void {
    this.#hasWaited = true;
    this.#waitFromMs ??= performance.now();
    clearTimeout(this.#wake);
    // A timer may fire a little early; the millisecond saves a second look.
    this.#wake = setTimeout(
      () => this.proceed(),
      (avoidedMs > 0 ? Math.min(avoidedMs, recheckMs) : recheckMs) + 1,
    );
  }

  #sendInTurn(endpoint: WorkerEndpoint): void {
    clearTimeout(this.#wake);
    if (this.#hasTurn) this.#send(endpoint);
    else this.#waitFromMs = undefined;
  }

  #send(endpoint: WorkerEndpoint): void {
    const { config, workers, metrics } = this.#desk;
    this.isSent = true;
    this.#generation = endpoint.generation;
    this.#lane?.noteSent();
    if (!this.#hasWaited) metrics.overhead.observe((performance.now() - this.sinceMs) / 1_000);
    this.#editor = this.#prepared?.editor();
    this.#attempt = new Attempt({
      client: this.#client,
      editor: this.#editor,
      mustStream: this.#call.isStream,
      firstByteMs: config.FIRST_BYTE_TIMEOUT_MS,
      stallMs: config.STALL_TIMEOUT_MS,
      onFirstByte: () => this.#noteFirstByte(),
      onOutcome: (outcome) => this.#conclude(outcome),
    });
    workers.send(endpoint, this.#call, this.#body, this.#client.requestId, this.#attempt);
  }

  #conclude(outcome: Outcome): void {
    const { model } = this.#call;
    switch (outcome.kind) {
      case "done":
        this.#keepTurn();
        return this.#finish(200);
      case "unsent":
        return this.#again("unreachable", avoidMs.unreachable);
      case "lost":
        return this.#retryOnce("died", outcome.isStale ? 0 : avoidMs.died, outcome.error.message);
      case "refused":
        return this.#answerRefusal(outcome.refusal);
      case "cut":
        return this.#refuse(
          upstreamFailed(model, `ended in the middle of its answer (${outcome.error.message})`),
        );
      case "unstreamed":
        return this.#refuse(
          upstreamFailed(model, `answered ${outcome.contentType} where a stream was asked for`),
        );
      case "overdue":
        return this.#refuse(overdue(model, outcome.hasStarted, this.#desk.config));
      case "unread":
        this.#client.drop();
        return this.#finish(clientLeft);
      default:
        return assertNever(outcome);
    }
  }

  #answerRefusal(refusal: Refusal): void {
    if (isStillLoading(refusal)) return this.#again("loading", avoidMs.loading);
    // Its key is its identity: whoever refuses it is not the worker that the controller started.
    if (isKeyRefusal(this.#call.kind, refusal.status))
      return this.#retryOnce("wrong process", avoidMs.died, `refused its key with ${refusal.status}`);
    this.#fail(failureOfRefusal(refusal, this.#call.model, this.#call.hasHidden));
  }

  #keepTurn(): void {
    const said = this.#editor?.said ?? "";
    const kept = said === "" ? undefined : this.#prepared?.turn?.(said);
    if (kept) this.#desk.keepTurn(kept.owner, kept.turn);
  }

  #retryOnce(reason: string, avoidForMs: number, said: string): void {
    this.#losses += 1;
    if (this.#losses > 1) return this.#refuse(upstreamFailed(this.#call.model, `failed twice (${said})`));
    this.#waitFromMs = undefined;
    this.#again(reason, avoidForMs);
  }

  #again(reason: string, avoidForMs: number): void {
    this.#desk.metrics.retries.inc({ model: this.#lane?.model ?? unknownModel, reason });
    if (avoidForMs > 0) this.#desk.workers.avoid(this.#generation, avoidForMs);
    this.isSent = false;
    this.#attempt = undefined;
    this.proceed();
  }

  #noteFirstByte(): void {
    const labels = { route: this.#call.kind, model: this.#lane?.model ?? unknownModel };
    this.#desk.metrics.firstByte.observe(labels, (performance.now() - this.sinceMs) / 1_000);
  }

  #refuse(error: AppError, lane?: Lane): void {
    this.#fail(failureFrom(error), lane);
  }

  #fail(failure: Failure, lane?: Lane): void {
    this.#client.fail(failure);
    this.#finish(failure.status, lane);
  }

  #leave(): void {
    if (this.#isOver) return;
    if (this.#attempt) this.#desk.metrics.upstreamAborts.inc({ model: this.#lane?.model ?? unknownModel });
    this.#attempt?.abort();
    this.#finish(clientLeft);
  }

  #finish(status: number, lane = this.#lane): void {
    this.#isOver = true;
    this.#attempt = undefined;
    this.#preparing?.abort();
    this.#editor = undefined;
    this.#prepared = undefined;
    this.#body = noBytes;
    clearTimeout(this.#wake);
    const labels = { route: this.#call.kind, model: lane?.model ?? unknownModel, status };
    this.#desk.metrics.requests.inc(labels);
    if (this.isSent) lane?.noteDuration(performance.now() - this.sinceMs);
    this.#desk.leave(this.#lane, this);
  }

  #progress(): string {
    const entry = this.#desk.directory?.get(this.#call.model);
    const seconds = Math.round((performance.now() - this.sinceMs) / 1_000);
    if (this.#preparing) return `waiting for memory and documents, ${seconds} s`;
    const isQueued = !this.isSent && !this.#hasTurn && entry?.view.state === "ready";
    const state = this.isSent
      ? "reading the prompt"
      : isQueued
        ? "waiting for a turn"
        : progressText(entry?.view);
    return `waiting for ${this.#call.model}: ${state}, ${seconds} s`.replaceAll(/\p{Cc}/gu, " ");
  }
}

function upstreamFailed(model: string, what: string): AppError {
  return new AppError("upstream_failed", `the worker of model ${model} ${what}`, {
    retryAfterS: 1,
  });
}

function overdue(model: string, hasStarted: boolean, config: Desk["config"]): AppError {
  const { STALL_TIMEOUT_MS, FIRST_BYTE_TIMEOUT_MS } = config;
  const what = hasStarted
    ? `was silent for ${STALL_TIMEOUT_MS / 1_000} s in the middle of its answer`
    : `did not begin to answer within ${FIRST_BYTE_TIMEOUT_MS / 1_000} s`;
  return new AppError("upstream_timeout", `the worker of model ${model} ${what}`, {
    retryAfterS: 5,
  });
}
