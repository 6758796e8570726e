import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { GroupShareError, reason } from "../shared/errors.ts";
import { type Log, silentLog } from "../shared/log.ts";
import { readIfThere, replaceFile } from "../shared/state-file.ts";
import { type Certificate, certify } from "./certificate.ts";
import { closeToOthers } from "./private-file.ts";

/** Who this member is: an ECDSA P-256 key, made once and kept. */
export interface Identity {
  /** SHA-256 of the public key's SPKI, 64 hex digits. */
  readonly memberId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** ECDSA with SHA-256, r and s of 32 bytes each (IEEE P1363). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** Of this key, made anew at each start: what other members are shown. */
  readonly certificate: Certificate;
}

/**
 * The identity stored at `path` (PKCS #8, PEM, mode 0600), made at the first start. A damaged one is never replaced.
 * One that others may read is closed to them, and that is told: whoever has read it can still be this member.
 */
export async function loadIdentity(path: string, log: Log = silentLog): Promise<Identity> {
  const stored = await readIfThere(path);
  if (stored !== null) {
    await closeToOthers(path, "private key", log, {
      hint: "if others may have read it, stop, move it away, and go on as a new member",
    });
    return await identityOf(parse(path, stored));
  }
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await replaceFile(path, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  return await identityOf(privateKey);
}

/** Member id of a public key given as SPKI, DER. */
export function memberIdOf(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

function parse(path: string, stored: Buffer): KeyObject {
  try {
    const key = createPrivateKey(stored);
    if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
    throw new Error("not an ECDSA P-256 key");
  } catch (thrown) {
    throw new GroupShareError("corrupt", `Cannot read the identity "${path}": ${reason(thrown)}`, {
      hint: "restore it from a backup, or move it away to go on as a new member",
    });
  }
}

async function identityOf(privateKey: KeyObject): Promise<Identity> {
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return {
    memberId: memberIdOf(publicKey),
    publicKey,
    certificate: await certify(privateKey),
    sign: (bytes) =>
      new Promise((resolve, reject) => {
        sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" }, (error, signature) =>
          error === null ? resolve(signature) : reject(error),
        );
      }),
  };
}
