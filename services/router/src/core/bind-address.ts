/**
 * Whether an address to publish the port on is reachable from this machine only (SECURITY A1).
 * Only spellings that every tool reads alike count; `127.1` or an empty one do not.
 */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  const parts = bare.split(".");
  return (
    parts.length === 4 && parts[0] === "127" && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)
  );
}

/** The sentence that a refused start ends with. */
export function bindRefusal(address: string): string {
  return (
    `BENCHAI_BIND is ${JSON.stringify(address)}, which other machines can reach, and API keys are not available yet, ` +
    "so any bind but loopback is refused: use an SSH tunnel, or a reverse proxy with authentication, in front of 127.0.0.1"
  );
}
