import { X509Certificate } from "node:crypto";
import tls, { type DetailedPeerCertificate, type PeerCertificate, type TLSSocket } from "node:tls";
import { callbackify } from "node:util";

import { AppError } from "@benchai/contract/errors";

import { type Pin, type RestEndpoint, restSettingNames } from "./rest-settings.ts";

/** What undici wants of whoever opens its connections. */
type Connector = (
  options: unknown,
  callback: (...result: [error: null, socket: TLSSocket] | [error: Error, socket: null]) => void,
) => void;

type Place = RestEndpoint & { readonly timeoutMs: number };
type Certificates = { readonly pem: string; readonly sha256s: readonly string[] };

/** Chains end: the plugin's has two certificates. */
const longestChain = 8;

/**
 * Opens TLS connections to the one server whose certificate is pinned. A connection that is handed out has passed
 * OpenSSL's checks with nothing but the pinned certificate trusted: dates, signatures, and the host's name too, unless
 * the server presents the pinned certificate itself. No byte of a request is sent before.
 */
export function pinnedConnector(endpoint: RestEndpoint, pin: Pin, timeoutMs: number): Connector {
  const place = { ...endpoint, timeoutMs };
  let trusted: Certificates | undefined = pin.kind === "certificates" ? pin : undefined;
  const open = callbackify(async () => {
    trusted ??= await findPinned(place, pin);
    try {
      return await openTls(place, trusted);
    } catch (error) {
      throw await explained(error, place, trusted);
    }
  });
  return (_options, callback) =>
    open((failure, socket) => (failure ? callback(failure, null) : callback(null, socket)));
}

/** The certificate that has the pinned fingerprint, among those that the server presents. */
async function findPinned(endpoint: Place, pin: Pin): Promise<Certificates> {
  if (pin.kind === "certificates") return pin;
  const chain = await presented(endpoint);
  const found = chain.find(({ fingerprint256 }) => fingerprint256 === pin.sha256);
  if (!found) throw notPinned(endpoint, chain, [pin.sha256]);
  return { pem: new X509Certificate(found.raw).toString(), sha256s: [found.fingerprint256] };
}

async function openTls(endpoint: Place, { pem, sha256s }: Certificates): Promise<TLSSocket> {
  return handshake(endpoint, {
    ca: pem,
    // A pinned certificate is trusted for itself, whoever signed it.
    allowPartialTrustChain: true,
    rejectUnauthorized: true,
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      sha256s.includes(certificate.fingerprint256) ? undefined : tls.checkServerIdentity(host, certificate),
  });
}

/** What the server presents, its own certificate first. Nothing is trusted and nothing is sent: the line is cut at once. */
async function presented(endpoint: Place): Promise<readonly DetailedPeerCertificate[]> {
  const socket = await handshake(endpoint, { rejectUnauthorized: false });
  const chain: DetailedPeerCertificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // An authority's certificate names itself as its issuer.
  while (next?.raw && chain.length < longestChain && !chain.includes(next)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  socket.destroy();
  return chain;
}

async function handshake(endpoint: Place, options: tls.ConnectionOptions): Promise<TLSSocket> {
  const { host, port, timeoutMs } = endpoint;
  const socket = tls.connect({ host, port, minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"], ...options });
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const timer = setTimeout(() => socket.destroy(new Error("no TLS connection in time")), timeoutMs);
  socket.once("secureConnect", () => resolve(socket));
  socket.on("error", reject);
  socket.once("close", () => reject(new Error("the connection was closed")));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Why a server was refused, in words; what is no matter of certificates stays as it is. */
async function explained(failure: unknown, endpoint: Place, trusted: Certificates): Promise<unknown> {
  const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return refused(
      endpoint,
      `its certificate is not for ${endpoint.host}; add that under Subject alternative names in the plugin's settings`,
      failure,
    );
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return refused(
      endpoint,
      `its certificate ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}; ` +
        `see to both machines' clocks, or renew it in the plugin's settings and set ${restSettingNames.certificate} anew`,
      failure,
    );
  if (!verdicts.test(code)) return failure;
  const chain = await presented(endpoint).catch(() => undefined);
  return chain ? notPinned(endpoint, chain, trusted.sha256s) : failure;
}

/** OpenSSL's names for a certificate that nothing trusted stands behind. */
const verdicts = /SELF_SIGNED|UNABLE_TO|CERT_|INVALID_CA|_REVOKED/u;

function notPinned(
  endpoint: RestEndpoint,
  chain: readonly DetailedPeerCertificate[],
  pinned: readonly string[],
): AppError {
  return refused(
    endpoint,
    `it presents a certificate with SHA-256 ${chain.map((one) => one.fingerprint256).join(", signed by ")}, and ` +
      `${pinned.join(" or ")} is expected. If the certificate was made anew in Obsidian, set ` +
      `${restSettingNames.certificate} anew; if it was not, somebody else is answering`,
  );
}

function refused(endpoint: RestEndpoint, why: string, cause?: unknown): AppError {
  return new AppError("storage_unavailable", `the vault at ${endpoint.origin} was not spoken to: ${why}`, {
    cause,
  });
}
