import { createHash, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** A certificate and its private key, PEM: what a member shows others, and proves that it is its own. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/**
 * What both ends of every connection insist on. Nobody has signed a certificate but its own key, so there is nothing that
 * `rejectUnauthorized` could check: who the other end is, `ownerOf` tells after the handshake. AES-128 comes first, as the
 * fastest that there is; a machine without instructions for it is served as well by the second.
 */
export const TLS = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  // The signature of the only kind of key that counts: no other is made, offered or verified.
  sigalgs: "ecdsa_secp256r1_sha256",
  ciphers: "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
  rejectUnauthorized: false,
} as const;

/**
 * Member id that the other end of a connection has proven to be its own: SHA-256 of the public key (SPKI, DER) whose private
 * key signed this very handshake (RFC 8446 §4.4.3). Of a chain only its first certificate counts, as only its key has signed.
 * null where it showed none; where the session is resumed, which proves nothing now; and where it is not an ECDSA P-256 key.
 */
export function ownerOf(socket: TLSSocket): string | null {
  try {
    if (socket.destroyed || socket.getProtocol() !== "TLSv1.3" || socket.isSessionReused()) return null;
    const certificate = socket.getPeerX509Certificate();
    return certificate === undefined ? null : keyIdOf(certificate);
  } catch {
    return null;
  }
}

/** Member id of the key in a certificate, which proves nothing; null where it is not an ECDSA P-256 one. */
export function keyIdOf({ publicKey }: X509Certificate): string | null {
  if (publicKey.asymmetricKeyDetails?.namedCurve !== "prime256v1") return null;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}
