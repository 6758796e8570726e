import { createPublicKey, type KeyObject, webcrypto } from "node:crypto";

/** A self-signed certificate and its private key, both PEM: what `node:tls` takes. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** What every certificate says: whose it is, its key tells alone. */
const NAME = "groupshare";
/** The same for all, so that a stranger does not learn when a member started. */
const NOT_BEFORE = new Date("2000-01-01T00:00:00Z");
/** No well-defined end (RFC 5280 §4.1.2.5). */
const NOT_AFTER = new Date("9999-12-31T23:59:59Z");

/** A new certificate of an ECDSA P-256 key, signed by the key itself. Nothing in it but the key is worth a name. */
export async function certify(privateKey: KeyObject): Promise<Certificate> {
  // Loaded here: it takes 40 ms, which commands that certify nothing can do without. tsyringe wants reflect-metadata first.
  await import("reflect-metadata");
  const { SubjectAlternativeNameExtension, X509CertificateGenerator } = await import("@peculiar/x509");
  const { subtle } = webcrypto;
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const keys = {
    publicKey: await subtle.importKey("spki", new Uint8Array(spki), ALGORITHM, true, ["verify"]),
    privateKey: await subtle.importKey("pkcs8", new Uint8Array(pkcs8), ALGORITHM, false, ["sign"]),
  };
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: `CN=${NAME}`,
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      signingAlgorithm: ALGORITHM,
      keys: keys as unknown as CryptoKeyPair,
      extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: NAME }])],
    },
    webcrypto as unknown as Crypto,
  );
  return { cert: `${made.toString("pem")}\n`, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** 16 random bytes as hex, of a number above zero whose DER needs no byte more (RFC 5280 §4.1.2.2). */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}
