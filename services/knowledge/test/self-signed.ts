import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate made for a test, with its key, in PEM; `sha256` as Node spells fingerprints, `AB:CD:…`. */
export type Certificate = { readonly key: string; readonly cert: string; readonly sha256: string };

export type CertificateOptions = {
  /** Host names and IPv4 addresses that it is for; those of this machine when it is not said. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly commonName?: string;
  /** Who signs it; itself when nobody does. */
  readonly issuer?: Certificate;
  readonly isAuthority?: boolean;
};

const dayMs = 86_400_000;
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";

/**
 * An X.509 certificate (RFC 5280), which Node can read but not write: a few structures of DER around a P-256 key.
 */
export function makeCertificate(options: CertificateOptions = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = name(options.commonName ?? "Obsidian Local REST API");
  const issuerCert = options.issuer && new X509Certificate(options.issuer.cert);
  const issuer = issuerCert ? name(issuerCert.subject.replace(/^CN=/u, "")) : subject;
  const signer = options.issuer ? createPrivateKey(options.issuer.key) : privateKey;
  const content = toBeSigned(options, publicKey, issuer, subject);
  const signature = sign("sha256", content, signer);
  const der = sequence(content, sequence(oid(ecdsaWithSha256)), bits(signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replaceAll(/.{1,64}/gu, "$&\n")}-----END CERTIFICATE-----\n`,
    sha256: fingerprint(der),
  };
}

function fingerprint(der: Buffer): string {
  const hex = createHash("sha256").update(der).digest("hex").toUpperCase();
  return hex.replaceAll(/..(?!$)/gu, "$&:");
}

function toBeSigned(options: CertificateOptions, key: KeyObject, issuer: Buffer, subject: Buffer): Buffer {
  const notBefore = options.notBefore ?? new Date(Date.now() - dayMs);
  const notAfter = options.notAfter ?? new Date(Date.now() + 365 * dayMs);
  return sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    sequence(oid(ecdsaWithSha256)),
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    key.export({ type: "spki", format: "der" }),
    tagged(
      0xa3,
      sequence(
        basicConstraints(options.isAuthority ?? false),
        altNames(options.names ?? ["127.0.0.1", "localhost"]),
      ),
    ),
  );
}

function basicConstraints(isAuthority: boolean): Buffer {
  const value = isAuthority ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence();
  return sequence(oid("2.5.29.19"), tagged(0x01, Buffer.of(0xff)), tagged(0x04, value));
}

function altNames(names: readonly string[]): Buffer {
  const entries = names.map((entry) =>
    isIPv4(entry)
      ? tagged(0x87, Buffer.from(entry.split(".").map(Number)))
      : tagged(0x82, Buffer.from(entry)),
  );
  return sequence(oid("2.5.29.17"), tagged(0x04, sequence(...entries)));
}

function name(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid("2.5.4.3"), tagged(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/gu, "");
  return tagged(0x18, Buffer.from(digits));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function bits(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), bytes]));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap((part) => base128(part))]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x1_00 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
