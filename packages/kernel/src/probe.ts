/**
 * `node probe.ts [--print] URL`: exit 0 when URL answers 2xx within 3 s. Docker's healthchecks run it,
 * because the images carry no curl; `--print` also writes the body, as text, to stdout.
 */
const url = process.argv.at(-1) ?? "";
const print = process.argv.includes("--print");

try {
  const response = await fetch(url, {
    headers: { accept: "text/plain, application/json;q=0.5" },
    signal: AbortSignal.timeout(3_000),
  });
  const body = await response.text();
  if (print) process.stdout.write(body);
  else if (!response.ok) process.stderr.write(`${response.status} ${body}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`cannot reach ${url}: ${error instanceof Error ? error.message : "unknown"}\n`);
  process.exitCode = 1;
}
