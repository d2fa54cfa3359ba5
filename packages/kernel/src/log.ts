import { type Logger as PinoLogger, pino } from "pino";

export type Logger = PinoLogger;

/** JSON lines on stdout; Docker rotates them. `level` is one of pino's. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["apiKey", "*.apiKey", "req.headers.authorization", "headers.authorization"],
  });
}
