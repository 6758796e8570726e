import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import * as z from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { fromHex, toHex } from "../shared/hex.ts";
import { type Log, silentLog } from "../shared/log.ts";
import { nameRefusal } from "../shared/names.ts";
import { readIfThere, replaceFile } from "../shared/state-file.ts";
import { MAX_GENERATION } from "./core/belief.ts";
import type { End } from "./core/ends.ts";
import type { Former, Present } from "./core/generations.ts";
import { MOST_KNOWN } from "./core/roster.ts";
import { closeToOthers } from "./private-file.ts";
import { endsShape, madeShape, memberId } from "./statements.ts";

/** The group this member is in: who has the secret is in. */
export interface Group extends Omit<Present, "hash"> {
  /** 16 bytes as hex, not secret. */
  readonly id: string;
  readonly name: string;
  /** Secrets before, which still open gossip for a while. */
  readonly former: readonly Former[];
  /** When secrets of it ended, as far as that is known. */
  readonly ends: readonly End[];
}

/** A group of this name, in which nobody is yet. Fails with `usage` where it is no name. */
export function newGroup(text: string): Group {
  const name = text.normalize("NFC");
  const refusal = nameRefusal(name);
  if (refusal !== null) {
    throw new GroupShareError("usage", `Cannot start the group "${text}": ${refusal}`, { hint: "choose another name" });
  }
  return { id: toHex(randomBytes(16)), name, secret: newSecret(), generation: 1, ...UNTOLD };
}

/** What is known of a secret that came with nothing said of it. */
export const UNTOLD = { made: null, from: null, stale: false, former: [], ends: [] } as const;

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
const FORMAT = 3;

const secretText = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => fromHex(text) as Uint8Array);
const generation = z.int().min(1).max(MAX_GENERATION);
const former = z
  .object({ generation, secret: secretText, until: z.number() })
  .transform((one): Former => ({ ...one, hash: secretHash(one.secret) }));
const base = {
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string().refine((name) => nameRefusal(name) === null),
  secret: secretText,
  generation,
};
/** A secret that nobody stands for: the group needs another, unless it is its first. */
const unsigned = (generation: number) => ({ ...UNTOLD, stale: generation > 1 });
const old = z
  .object({ format: z.int().min(1).max(2), ...base })
  .transform(({ format: _, ...group }): Group => ({ ...group, ...unsigned(group.generation) }));
const present = z
  .object({
    format: z.literal(FORMAT),
    ...base,
    made: madeShape.nullable(),
    from: memberId.nullable(),
    stale: z.boolean(),
    vouched: z.array(memberId).max(MOST_KNOWN).optional(),
    former: z.array(former).max(64),
    ends: endsShape,
  })
  .transform(({ format: _, ...group }): Group => group);
const stored = z.union([old, present]);
const newer = z.object({ format: z.int().min(FORMAT + 1) });

/** Where the group is kept between starts; mode 0600, since it holds the secret. */
export class GroupFile {
  readonly #path: string;
  readonly #log: Log;

  constructor(path: string, log: Log = silentLog) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * The stored group; null where there is none. A damaged one is refused: another group in its place would go unnoticed.
   * One that others may read is closed to them, and that is told.
   */
  async read(): Promise<Group | null> {
    const bytes = await readIfThere(this.#path);
    if (bytes === null) return null;
    await closeToOthers(this.#path, "file with the group's secret", this.#log, {
      hint: 'if others may have read it, give the group another secret: "groupshare group rotate"',
    });
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
