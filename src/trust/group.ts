import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { z } from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { fromHex, toHex } from "../shared/hex.ts";
import { nameRefusal } from "../shared/names.ts";
import { readIfThere, replaceFile } from "../shared/state-file.ts";
import type { Former } from "./core/generations.ts";

/** The group this member is in: who has the secret is in. */
export interface Group {
  /** 16 bytes as hex, not secret. */
  readonly id: string;
  readonly name: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Counts the secrets that the group has had, from 1. */
  readonly generation: number;
  /** How many removed members its maker knew of; null: not told yet, as after an invite. */
  readonly without: number | null;
  /** Secrets before, which still open gossip for a while. */
  readonly former: readonly Former[];
}

/** A group of this name, in which nobody is yet. Fails with `usage` where it is no name. */
export function newGroup(text: string): Group {
  const name = text.normalize("NFC");
  const refusal = nameRefusal(name);
  if (refusal !== null) {
    throw new GroupShareError("usage", `Cannot start the group "${text}": ${refusal}`, { hint: "choose another name" });
  }
  return { id: toHex(randomBytes(16)), name, secret: newSecret(), generation: 1, without: 0, former: [] };
}

/** 32 random bytes. */
export function newSecret(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

/** What tells secrets apart, and decides between two of one generation: its SHA-256, as hex. */
export function secretHash(secret: Uint8Array): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Shows that a member has a secret, to others who have it, and is of no use to any other member: 16 hex digits. */
export function secretProof(secret: Uint8Array, memberId: string): string {
  return createHmac("sha256", secret).update(`groupshare generation 1\n${memberId}`).digest("hex").slice(0, 16);
}

/** Key of the gossip's AES-256-GCM: HKDF-SHA256 of the group secret (RFC 5869), empty salt. 32 bytes. */
export function gossipKey({ secret }: Pick<Group, "secret">): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), "groupshare gossip 1", 32));
}

/** Number of the layout below. A newer one is refused untouched. */
const FORMAT = 2;

const secretText = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => fromHex(text) as Uint8Array);
const whole = z.int().min(0);
const former = z
  .object({ generation: whole, secret: secretText, without: whole.nullable(), until: z.number() })
  .transform((one): Former => ({ ...one, hash: secretHash(one.secret) }));
const base = {
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string().refine((name) => nameRefusal(name) === null),
  secret: secretText,
  generation: z.int().min(1),
};
const first = z
  .object({ format: z.literal(1), ...base })
  // Nobody could be removed then.
  .transform(({ format: _, ...group }): Group => ({ ...group, without: 0, former: [] }));
const second = z
  .object({ format: z.literal(FORMAT), ...base, without: whole.nullable(), former: z.array(former).max(64) })
  .transform(({ format: _, ...group }): Group => group);
const stored = z.union([first, second]);
const newer = z.object({ format: z.int().min(FORMAT + 1) });

/** Where the group is kept between starts; mode 0600, since it holds the secret. */
export class GroupFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The stored group; null where there is none. A damaged one is refused: another group in its place would go unnoticed. */
  async read(): Promise<Group | null> {
    const bytes = await readIfThere(this.#path);
    if (bytes === null) return null;
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString("utf8"));
      if (!newer.safeParse(value).success) return stored.parse(value);
    } catch {
      throw new GroupShareError("corrupt", `Cannot read the group in "${this.#path}": it is damaged`, {
        hint: "restore it from a backup, or move it away and join again with an invite",
      });
    }
    throw new GroupShareError("too-new", `Cannot use the group in "${this.#path}": a newer GroupShare wrote it`, {
      hint: "update this program",
    });
  }

  write(group: Group): Promise<void> {
    const { secret, former, ...rest } = group;
    const before = former.map(({ hash: _, ...one }) => ({ ...one, secret: toHex(one.secret) }));
    const text = JSON.stringify({ format: FORMAT, ...rest, secret: toHex(secret), former: before }, null, 2);
    return replaceFile(this.#path, `${text}\n`);
  }

  /** Forgets the group and its secret. */
  remove(): Promise<void> {
    return rm(this.#path, { force: true });
  }
}
