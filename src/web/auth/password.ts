import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import pLimit from "p-limit";
import * as z from "zod";

/**
 * scrypt (RFC 7914) with 64 MiB: 140 ms on Node and 190 ms on Deno, on one core of 2.x GHz. Twice as much takes Deno over
 * 400 ms, on small machines seconds.
 */
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 80 * 2 ** 20 } as const;
const HASH_BYTES = 32;
/** Tries that may wait for the one under way. Count. */
const MAX_WAITING = 8;
/** Longest password, in characters. */
export const LONGEST_PASSWORD = 1_024;

/** What is kept of a password: salt and scrypt's result, as hex. */
export interface PasswordDigest {
  readonly salt: string;
  readonly hash: string;
}

export const digestOf = z.object({
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The password of the page, kept only as its digest. Tries are computed off the event loop, one at a time. */
export class Password {
  readonly digest: PasswordDigest;
  readonly #turn = pLimit(1);

  private constructor(digest: PasswordDigest) {
    this.digest = digest;
  }

  /** Made of its text. With the digest `before`, the same password gives the same digest again. */
  static async of(text: string, before: PasswordDigest | null): Promise<Password> {
    const salt = before?.salt ?? randomBytes(16).toString("hex");
    return new Password({ salt, hash: (await stretch(text, salt)).toString("hex") });
  }

  /** Whether this is the password; "busy" where too many tries wait already. Takes as long for a near miss as for a far one. */
  async fits(text: string): Promise<boolean | "busy"> {
    if (this.#turn.pendingCount >= MAX_WAITING) return "busy";
    const given = await this.#turn(() => stretch(text, this.digest.salt));
    return timingSafeEqual(given, Buffer.from(this.digest.hash, "hex"));
  }
}

/** The same characters typed on another keyboard are the same password: NFC, as RFC 8265 §4.2. */
function stretch(text: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text.normalize("NFC"), Buffer.from(salt, "hex"), HASH_BYTES, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
