import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

import { AppError } from "@benchai/contract/errors";

import { until } from "../core/abortable.ts";

type Ffmpeg = ChildProcessByStdio<Writable, Readable, Readable>;

const maxMessageChars = 300;

/** Sends sound through one ffmpeg, which ends with the stream. Errors: as `encode` has them. */
export async function* transcode(
  program: string,
  args: readonly string[],
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  signal.throwIfAborted();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const closed = problemOf(program, child);
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const over = new AbortController();
  let sourceFailure: { readonly error: unknown } | undefined;
  const feeding = feed(child.stdin, samples, AbortSignal.any([signal, over.signal])).catch(
    (error: unknown) => {
      sourceFailure = { error };
      kill();
    },
  );
  try {
    for await (const chunk of child.stdout) yield chunk;
    const problem = await closed;
    signal.throwIfAborted();
    // What the source threw is why ffmpeg was killed.
    if (sourceFailure) throw sourceFailure.error;
    if (problem) throw problem;
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    over.abort();
    child.stdout.destroy();
    await Promise.all([closed, feeding]);
  }
}

/** Writes as fast as ffmpeg reads, and ends its input, upon which it writes what it still holds. */
async function feed(stdin: Writable, samples: AsyncIterable<Int16Array>, signal: AbortSignal): Promise<void> {
  // An input that breaks is told of by the exit of ffmpeg.
  stdin.on("error", () => undefined);
  for await (const { buffer, byteOffset, byteLength } of until(signal, samples)) {
    if (byteLength === 0 || stdin.write(Buffer.from(buffer, byteOffset, byteLength))) continue;
    await once(stdin, "drain", { signal }).catch(() => undefined);
  }
  stdin.end();
}

/** Resolves when the process is gone and its pipes are closed: with what went wrong, if anything did. */
function problemOf(program: string, child: Ffmpeg): Promise<AppError | undefined> {
  const { promise, resolve } = Promise.withResolvers<AppError | undefined>();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-maxMessageChars);
  });
  child.once("error", (cause) => {
    resolve(new AppError("speech_unavailable", `${program} cannot be started: ${cause.message}`, { cause }));
  });
  child.once("close", (code, killedBy) => {
    const how = killedBy ?? `exit code ${code}`;
    const message = `${program} broke while it encoded speech (${how}): ${said.trim() || "it said nothing"}`;
    resolve(code === 0 ? undefined : new AppError("speech_failed", message));
  });
  return promise;
}
