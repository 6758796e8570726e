import { createHash, createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import { fromHex, toHex } from "../shared/hex.ts";
import { type End, MOST_ENDS } from "./core/ends.ts";
import type { Secret, Signed } from "./core/generations.ts";
import { MOST_REMOVED, type Removal } from "./core/roster.ts";
import type { Identity } from "./identity.ts";

/*
 * What a member stands for towards all others, whoever passes it on: a secret that it made, a removal. Signed is a text of
 * lines, which begins with what it is.
 */

export const memberId = z.string().regex(/^[0-9a-f]{64}$/);

/** A signature as it is stored and told. A P-256 key takes 91 bytes. */
export const signedShape = {
  by: memberId,
  key: z.string().regex(/^[0-9a-f]{182}$/),
  sig: z.string().regex(/^[0-9a-f]{128}$/),
};

export const endsShape = z
  .array(z.object({ hash: memberId, at: z.number().min(0).max(Number.MAX_SAFE_INTEGER) }))
  .max(MOST_ENDS)
  .readonly()
  .default([]);

/** Those of a secret, with what its maker says besides. */
export const madeShape = z.object({
  ...signedShape,
  without: z.array(memberId).max(MOST_REMOVED).readonly(),
  ends: endsShape,
});

type Signer = Pick<Identity, "memberId" | "publicKey" | "sign">;

/** What its maker knew: ids of removed members, and when the secrets before ended. None is no line: so it was before ends were told. */
function secretText(
  group: string,
  { generation, hash }: Pick<Secret, "generation" | "hash">,
  { without, ends }: Knew,
): Uint8Array {
  const digest = (lines: readonly string[]) => createHash("sha256").update(lines.join("\n")).digest("hex");
  const ended = ends.length === 0 ? [] : [digest(ends.map(({ hash, at }) => `${hash} ${at}`))];
  return bytesOf("groupshare secret 1", group, String(generation), hash, digest(without), ...ended);
}

interface Knew {
  readonly without: readonly string[];
  readonly ends: readonly End[];
}

const removalText = (group: string, id: string): Uint8Array => bytesOf("groupshare removal 1", group, id);

const bytesOf = (...lines: string[]): Uint8Array => new TextEncoder().encode(lines.join("\n"));

/** A secret of a group with who made it. */
export async function signSecret(
  by: Signer,
  group: string,
  secret: Omit<Secret, "made">,
  removed: Iterable<string>,
  ends: readonly End[],
): Promise<Secret> {
  const knew = { without: [...removed].sort(), ends };
  return { ...secret, made: { ...(await signed(by, secretText(group, secret, knew))), ...knew } };
}

/** That a member is removed from a group. */
export function signRemoval(by: Signer, group: string, id: string): Promise<Signed> {
  return signed(by, removalText(group, id));
}

/** Whether a secret was made by whoever is named, as it is. The group's first is made by nobody, and needs no proof. */
export function isSoundSecret(group: string, secret: Secret): Promise<boolean> {
  const { made, generation } = secret;
  if (made === null || generation === 1) return Promise.resolve(made === null && generation === 1);
  return isSigned(made, secretText(group, secret, made));
}

/** Whether a member was removed by whoever is named. */
export function isSoundRemoval(group: string, removal: Pick<Removal, "id" | keyof Signed>): Promise<boolean> {
  return isSigned(removal, removalText(group, removal.id));
}

async function signed(by: Signer, bytes: Uint8Array): Promise<Signed> {
  return { by: by.memberId, key: toHex(by.publicKey), sig: toHex(await by.sign(bytes)) };
}

/** Never rejects: what is no key signs nothing. */
function isSigned({ by, key, sig }: Signed, bytes: Uint8Array): Promise<boolean> {
  const spki = fromHex(key);
  const signature = fromHex(sig, 64);
  if (spki === null || signature === null) return Promise.resolve(false);
  if (createHash("sha256").update(spki).digest("hex") !== by) return Promise.resolve(false);
  return new Promise((resolve) => {
    try {
      const publicKey = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
      if (publicKey.asymmetricKeyDetails?.namedCurve !== "prime256v1") return resolve(false);
      verify("sha256", bytes, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature, (error, fits) =>
        resolve(error === null && fits),
      );
    } catch {
      resolve(false);
    }
  });
}
