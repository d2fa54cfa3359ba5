import type { Logger } from "./log.ts";

export type RunningService = {
  /** Ends everything the service started; must settle within its own deadline. */
  close(): Promise<void>;
};

/**
 * Runs a service until SIGTERM or SIGINT, then closes it once. Exits 1 when it cannot start, when it
 * cannot close within `closeDeadlineMs`, or on an error nobody caught: crash-only, Docker restarts it.
 */
export async function runService(
  log: Logger,
  closeDeadlineMs: number,
  start: () => Promise<RunningService>,
): Promise<void> {
  process.on("unhandledRejection", (err) => die(log, err, "unhandled rejection"));
  process.on("uncaughtException", (err) => die(log, err, "uncaught exception"));
  try {
    const service = await start();
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => void stop(log, service, closeDeadlineMs, signal));
  } catch (err) {
    die(log, err, "cannot start");
  }
}

async function stop(log: Logger, service: RunningService, deadlineMs: number, signal: string): Promise<void> {
  log.info({ signal }, "closing");
  setTimeout(
    () => die(log, new Error(`not closed after ${deadlineMs} ms`), "close deadline"),
    deadlineMs,
  ).unref();
  await service.close().catch((error: unknown) => die(log, error, "close failed"));
  process.exit(0);
}

function die(log: Logger, err: unknown, what: string): never {
  log.fatal({ err }, what);
  process.exit(1);
}
