import { createHash } from "node:crypto";
import { decode, encode } from "@msgpack/msgpack";
import * as z from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { toHex } from "../shared/hex.ts";
import { LIMITS } from "../shared/limits.ts";
import { nameRefusal } from "../shared/names.ts";
import { MAX_GENERATION } from "./core/belief.ts";
import { type Group, UNTOLD } from "./group.ts";

/** What an invite carries: the group, its secret and where its members can be reached. */
export interface Invite {
  readonly group: Group;
  /** Gossip addresses, `host:port`, the maker's own first. */
  readonly addresses: readonly string[];
}

const PREFIX = "groupshare:";
const CHECKSUM = 4;

const checksum = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest().subarray(0, CHECKSUM);

/** One line: `groupshare:` and base64url of a msgpack map {a, f, g, k, n, s} followed by 4 bytes of its SHA-256. */
export function writeInvite({ group, addresses }: Invite): string {
  const body = encode(
    {
      f: 1,
      g: Buffer.from(group.id, "hex"),
      n: group.name,
      s: group.secret,
      k: group.generation,
      a: addresses.slice(0, LIMITS.inviteAddresses),
    },
    { sortKeys: true },
  );
  return PREFIX + Buffer.concat([body, checksum(body)]).toString("base64url");
}

const bytes = (length: number) => z.instanceof(Uint8Array).refine((value) => value.length === length);
const shape = z.object({
  f: z.literal(1),
  g: bytes(16),
  n: z.string().refine((name) => nameRefusal(name) === null),
  s: bytes(32),
  k: z.int().min(1).max(MAX_GENERATION),
  a: z.array(z.string().min(1).max(300)).max(LIMITS.inviteAddresses),
});

/** Reads an invite as people paste it: white space anywhere is ignored. Fails naming what is wrong with it. */
export function readInvite(text: string): Invite {
  const line = text.replaceAll(/\s+/g, "");
  if (line.length > LIMITS.invite) throw refused(`it is longer than ${LIMITS.invite} characters`);
  if (!line.startsWith(PREFIX)) throw refused(`it does not start with "${PREFIX}"`);
  const encoded = line.slice(PREFIX.length);
  const strange = /[^A-Za-z0-9_-]/.exec(encoded);
  if (strange !== null) throw refused(`it holds "${strange[0]}", which no invite does`);
  const all = Buffer.from(encoded, "base64url");
  const body = all.subarray(0, -CHECKSUM);
  if (body.length === 0 || !checksum(body).equals(all.subarray(-CHECKSUM))) {
    throw refused("its checksum is wrong, so a character is missing or mistyped");
  }
  return parse(body);
}

function parse(body: Uint8Array): Invite {
  let value: unknown;
  try {
    value = decode(body);
  } catch {
    throw refused("it is not in a form that this version knows");
  }
  if (typeof value === "object" && value !== null && "f" in value && Number(value.f) > 1) {
    throw refused("it was made by a newer version", "update GroupShare on this machine");
  }
  const read = shape.safeParse(value);
  if (!read.success) throw refused("it is not in a form that this version knows");
  const { g, n, s, k, a } = read.data;
  const group: Group = {
    id: toHex(g),
    name: n,
    secret: Uint8Array.from(s),
    generation: k,
    ...UNTOLD,
  };
  return { group, addresses: a };
}

function refused(
  why: string,
  hint = 'copy the whole line that "groupshare invite" prints on a member',
): GroupShareError {
  return new GroupShareError("usage", `Cannot read the invite: ${why}`, { hint });
}
