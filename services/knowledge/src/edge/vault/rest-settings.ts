import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

import { AppError } from "@benchai/contract/errors";

/** Where the Local REST API plugin of an Obsidian listens, and how it is known to be that one. */
export type RestVaultSettings = {
  /** `https://192.168.1.5:27124`; plain `http` only for this machine itself. */
  readonly url: string;
  /** The plugin's API key. */
  readonly apiKey: string;
  /**
   * What the plugin's own certificate is known by: its SHA-256 fingerprint, or that of the authority that signed it
   * (the plugin renews its certificate every year, its authority every ten), or either one in PEM.
   */
  readonly certificate: string;
  readonly isWritable: boolean;
  readonly maxNoteBytes: number;
  /** How long one request may take, in ms. */
  readonly deadlineMs?: number | undefined;
};

/** What the settings are called where they are set, for messages. */
export const restSettingNames = {
  url: "OBSIDIAN_REST_URL",
  apiKey: "OBSIDIAN_REST_API_KEY",
  certificate: "OBSIDIAN_REST_CERTIFICATE",
} as const;

/** What a certificate, or the authority that signed it, must be. Fingerprints are spelled `AB:CD:…`. */
export type Pin =
  | { readonly kind: "fingerprint"; readonly sha256: string }
  | { readonly kind: "certificates"; readonly pem: string; readonly sha256s: readonly string[] };

export type RestEndpoint = {
  readonly origin: string;
  /** What goes before the plugin's own paths; "" unless a proxy adds something. */
  readonly basePath: string;
  readonly host: string;
  readonly port: number;
  /** Undefined for plain HTTP to this machine. */
  readonly pin: Pin | undefined;
  readonly apiKey: string;
};

/** Takes the settings apart. Throws `invalid_config` that names the setting and never shows the key. */
export function restEndpoint(
  settings: Pick<RestVaultSettings, "url" | "apiKey" | "certificate">,
): RestEndpoint {
  const url = readUrl(settings.url);
  const host = url.hostname.replace(/^\[|\]$/gu, "");
  if (url.protocol === "http:" && !isLoopback(host))
    throw wrong(
      "url",
      `is plain http to ${host}, where everybody on the way could read the API key; use https`,
    );
  if (!/^[\x21-\x7e]{1,512}$/u.test(settings.apiKey))
    throw wrong(
      "apiKey",
      "is empty or has characters that no key has; copy it from Obsidian's settings, Local REST API",
    );
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/u, ""),
    host,
    port: Number(url.port) || (url.protocol === "http:" ? 80 : 443),
    pin: url.protocol === "http:" ? undefined : readPin(settings.certificate),
    apiKey: settings.apiKey,
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw wrong("url", `is ${JSON.stringify(text)}; give it as https://192.168.1.5:27124`);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw wrong("url", "has a user, a query or a fragment; give only scheme, host and port");
  return url;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function readPin(text: string): Pin {
  const hex = text
    .trim()
    .replace(/^sha-?256[:=]/iu, "")
    .replaceAll(/[:\s]/gu, "")
    .toUpperCase();
  if (/^[0-9A-F]{64}$/u.test(hex)) return { kind: "fingerprint", sha256: hex.replaceAll(/..(?!$)/gu, "$&:") };
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu) ?? [];
  if (blocks.length === 0)
    throw wrong(
      "certificate",
      "is missing: give the SHA-256 fingerprint of the plugin's certificate, or the certificate itself in PEM " +
        "(the plugin serves it as /obsidian-local-rest-api.crt)",
    );
  try {
    const sha256s = blocks.map((block) => new X509Certificate(block).fingerprint256);
    return { kind: "certificates", pem: `${blocks.join("\n")}\n`, sha256s };
  } catch (error) {
    throw wrong("certificate", "holds a certificate that cannot be read; copy the whole PEM file", error);
  }
}

function wrong(setting: keyof typeof restSettingNames, problem: string, cause?: unknown): AppError {
  return new AppError("invalid_config", `${restSettingNames[setting]} ${problem}`, { cause });
}
