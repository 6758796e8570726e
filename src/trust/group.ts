import { hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";
import { fromHex, toHex } from "../shared/hex.ts";
import { nameRefusal } from "../shared/names.ts";
import { StateFile } from "../shared/state-file.ts";

/** The group this member is in: who has the secret is in. */
export interface Group {
  /** 16 bytes as hex, not secret. */
  readonly id: string;
  readonly name: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Counts the secrets that the group has had, from 1. */
  readonly generation: number;
}

export function newGroup(name: string): Group {
  return { id: toHex(randomBytes(16)), name, secret: randomBytes(32), generation: 1 };
}

/** Key of the gossip's AES-256-GCM: HKDF-SHA256 of the group secret (RFC 5869), empty salt. 32 bytes. */
export function gossipKey(group: Group): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", group.secret, new Uint8Array(0), "groupshare gossip 1", 32));
}

const stored = z
  .object({
    format: z.literal(1),
    id: z.string().regex(/^[0-9a-f]{32}$/),
    name: z.string().refine((name) => nameRefusal(name) === null),
    secret: z.string().regex(/^[0-9a-f]{64}$/),
    generation: z.int().min(1),
  })
  .transform(({ id, name, secret, generation }): Group => {
    return { id, name, secret: fromHex(secret) as Uint8Array, generation };
  });

/** Where the group is kept between starts; mode 0600, since it holds the secret. */
export class GroupFile {
  readonly #file: StateFile<unknown>;

  constructor(path: string) {
    this.#file = new StateFile(path, (value) => stored.parse(value));
  }

  async read(told: (message: string) => void): Promise<Group | null> {
    return (await this.#file.read(told)) as Group | null;
  }

  write(group: Group): Promise<void> {
    return this.#file.write({ format: 1, ...group, secret: toHex(group.secret) });
  }

  /** Forgets the group and its secret. */
  remove(): Promise<void> {
    return this.#file.remove();
  }
}
