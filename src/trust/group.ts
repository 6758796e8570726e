import { hkdfSync, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { z } from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { fromHex, toHex } from "../shared/hex.ts";
import { nameRefusal } from "../shared/names.ts";
import { readIfThere, replaceFile } from "../shared/state-file.ts";

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

/** A group of this name, in which nobody is yet. Fails with `usage` where it is no name. */
export function newGroup(text: string): Group {
  const name = text.normalize("NFC");
  const refusal = nameRefusal(name);
  if (refusal !== null) {
    throw new GroupShareError("usage", `Cannot start the group "${text}": ${refusal}`, { hint: "choose another name" });
  }
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
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The stored group; null where there is none. A damaged one is refused: another group in its place would go unnoticed. */
  async read(): Promise<Group | null> {
    const bytes = await readIfThere(this.#path);
    if (bytes === null) return null;
    try {
      return stored.parse(JSON.parse(bytes.toString("utf8")));
    } catch {
      throw new GroupShareError("corrupt", `Cannot read the group in "${this.#path}": it is damaged`, {
        hint: "restore it from a backup, or move it away and join again with an invite",
      });
    }
  }

  write(group: Group): Promise<void> {
    const { id, name, secret, generation } = group;
    const text = JSON.stringify({ format: 1, id, name, secret: toHex(secret), generation }, null, 2);
    return replaceFile(this.#path, `${text}\n`);
  }

  /** Forgets the group and its secret. */
  remove(): Promise<void> {
    return rm(this.#path, { force: true });
  }
}
