/** As `@benchai/jobs/job` has it. */
type JobTicket = { readonly jobId: string; readonly attempt: number };

/** A queue in this process: it can be away, and brings a ticket as often as it is told to. */
export class InProcessDispatcher {
  isConnected = true;
  readonly dispatched: JobTicket[] = [];
  #run: (ticket: JobTicket) => Promise<void> = async () => undefined;
  #onConnected: () => void = () => undefined;
  readonly #pending = new Set<string>();

  start(run: (ticket: JobTicket) => Promise<void>, onConnected: () => void): void {
    this.#run = run;
    this.#onConnected = onConnected;
    if (this.isConnected) onConnected();
  }

  async dispatch(ticket: JobTicket, delayMs: number): Promise<void> {
    if (!this.isConnected) throw new Error("away");
    const key = `${ticket.jobId}-${ticket.attempt}`;
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    this.dispatched.push(ticket);
    // Back-offs are told apart, not waited for.
    setTimeout(() => void this.#bring(key, ticket), Math.min(delayMs, 5));
  }

  async #bring(key: string, ticket: JobTicket): Promise<void> {
    await this.#run(ticket);
    this.#pending.delete(key);
  }

  /** Brings a ticket once more, as a queue does whose worker seemed dead. */
  bringAgain(ticket: JobTicket): Promise<void> {
    return this.#run(ticket);
  }

  reconnect(): void {
    this.isConnected = true;
    this.#onConnected();
  }

  async close(): Promise<void> {
    this.isConnected = false;
  }
}
