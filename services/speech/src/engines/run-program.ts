import { spawn } from "node:child_process";

import { AppError } from "@benchai/contract/errors";

export type ProgramRun = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it reads on its standard input. */
  readonly input: string;
  /** Gets its output as it comes; an error that it throws ends the program and the run. */
  readonly onOutput: (bytes: Buffer) => void;
  readonly deadlineMs: number;
};

const maxSaidChars = 300;

/**
 * Runs a program once and waits until it is gone, whatever happens. Errors: the signal's reason, `speech_failed` for an end
 * other than exit code 0 or after the deadline, and what `onOutput` throws.
 */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(run.program, run.args, { env: run.env, stdio: "pipe" });
  const ended = Promise.withResolvers<string | undefined>();
  let said = "";
  let cause: { readonly error: unknown } | undefined;
  const kill = (error: unknown) => {
    cause ??= { error };
    child.kill("SIGKILL");
  };
  const onAbort = () => kill(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const late = `${run.program} was not done within ${run.deadlineMs / 1_000} s.`;
  const deadline = setTimeout(() => kill(new AppError("speech_failed", late)), run.deadlineMs);

  child.once("error", ({ message }) => ended.resolve(message));
  child.once("close", (code, by) => ended.resolve(code === 0 ? undefined : (by ?? `exit code ${code}`)));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(0, maxSaidChars);
  });
  child.stdout.on("data", (bytes: Buffer) => {
    try {
      if (!cause) run.onOutput(bytes);
    } catch (error) {
      kill(error);
    }
  });
  // A program that does not read to the end says why by how it ends.
  child.stdin.on("error", () => undefined).end(run.input);

  const how = await ended.promise;
  clearTimeout(deadline);
  signal.removeEventListener("abort", onAbort);
  if (cause) throw cause.error;
  if (how !== undefined)
    throw new AppError(
      "speech_failed",
      `${run.program} failed (${how}): ${said.trim() || "it said nothing"}`,
    );
}
