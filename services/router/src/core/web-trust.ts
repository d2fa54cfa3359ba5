/**
 * What a browser may bring here (SECURITY A10). A page of anywhere can have its visitor's browser ask this machine: under a
 * name of its own that it lets point here (DNS rebinding), which its Host tells, or across origins, which its Origin tells.
 */
export type WebTrust = {
  /** Names besides those that no stranger can have, in small letters: a reverse proxy's. */
  readonly hosts: ReadonlySet<string>;
  /** Other origins whose pages may ask and read. */
  readonly origins: ReadonlySet<string>;
};

/** From lists with commas, as the settings have them. */
export function webTrust(hosts: string, origins: string): WebTrust {
  const listed = (list: string) =>
    new Set(
      list
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    );
  return { hosts: listed(hosts), origins: listed(origins) };
}

/** In brackets, or in numbers: no public name ends in a number (WHATWG URL, "ends in a number checker"). */
const isAddress = /^\[|^\d{1,3}(?:\.\d{1,3}){3}$/;
/** Top-level names that no public registry gives away (RFC 6761, RFC 6762, RFC 8375, and ICANN's `.internal`). */
const privateNames = /\.(?:localhost|local|internal|home\.arpa)$/;

/**
 * Whether a Host is this machine's and not one that somebody made point at it: an address, a name without dots (`localhost`,
 * a service of the stack), a private name, or one that is listed. HTTP/1.0 has none, and no browser speaks it.
 */
export function isTrustedHost(host: string | undefined, { hosts }: WebTrust): boolean {
  if (host === undefined) return true;
  const name = /^(\[[\da-f:.]+\]|[\w.-]+?)\.?(?::\d+)?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return isAddress.test(name) || !name.includes(".") || privateNames.test(name) || hosts.has(name);
}

/**
 * Where a request comes from: `own` is a page that we served, a program, or a program's own page (`vscode-webview:`, `app:`);
 * `named` is a page that may read our answers although it is another's; `foreign` is any other, a page without origin included.
 */
export function originOf(
  origin: string | undefined,
  host: string | undefined,
  { origins }: WebTrust,
): "own" | "named" | "foreign" {
  if (origin === undefined) return "own";
  if (origins.has(origin.toLowerCase())) return "named";
  if (!URL.canParse(origin)) return "foreign";
  const { protocol, host: itsHost } = new URL(origin);
  const isPage = protocol === "http:" || protocol === "https:";
  return !isPage || itsHost === host?.toLowerCase() ? "own" : "foreign";
}
