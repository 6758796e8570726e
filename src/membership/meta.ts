import { decode, encode } from "@msgpack/msgpack";
import { LIMITS } from "../shared/limits.ts";
import { nameRefusal } from "../shared/names.ts";

/*
 * The letters of the tags: i member id, g group id, p peer port, n display name, e epoch, s sequence number, c count of
 * entries, b bytes, a further addresses, x exchange versions, v version of the program, t when this run began,
 * k the generation of the group's secret, "." or "+", and the proof.
 */

/** Which of the group's secrets a member has. */
export interface GenerationMark {
  readonly generation: number;
  /** 16 hex digits that only who has this secret can make, and only for this member. */
  readonly proof: string;
  /** What it sends is sealed with it already. */
  readonly sending: boolean;
}

/** What a member says of itself in gossip. */
export interface MemberMeta {
  /** Member id, 64 hex digits. */
  readonly id: string;
  /** Group id, 32 hex digits. */
  readonly groupId: string;
  readonly peerPort: number;
  /** Display name. */
  readonly name: string;
  /** Where its catalog stands: epoch, 16 hex digits, and sequence number. */
  readonly epoch: string;
  readonly sequence: number;
  readonly entries: number;
  readonly bytes: number;
  /** Up to 3 hosts beside the advertised one. */
  readonly addresses: readonly string[];
  /** Lowest and highest exchange version. */
  readonly exchange: readonly [number, number];
  /** Of the program. */
  readonly version: string;
  /**
   * When this run of the member began, milliseconds since 1970; left out where it does not say. Clocks of machines
   * differ, and nothing else compares them. Here it is borne, since it only decides which of two copies of one identity
   * stops: a wrong clock at worst stops the older one, never both and never none (core/namesake.ts).
   */
  readonly began?: number;
  /** Left out in a cluster that has none. */
  readonly generation?: GenerationMark;
}

/** Serf's tag form: this byte, then a msgpack map of strings (SWIM-WIRE §7). `serf members` shows it. */
const TAGS = 0xff;
const MAX_ADDRESSES = 3;
/** What is announced is reserved before it is read: without a bound, 500 bytes would ask for gigabytes (measured). */
const BOUNDS = { maxArrayLength: 64, maxMapLength: 256, maxStrLength: LIMITS.meta, maxBinLength: LIMITS.meta };
const HOST = /^[0-9A-Za-z.:_-]{1,253}$/;

/** At most 512 bytes: where it is too much, the further addresses go first, the last one before the others. */
export function encodeMeta(meta: MemberMeta): Uint8Array {
  for (let count = Math.min(MAX_ADDRESSES, meta.addresses.length); ; count--) {
    const tags = {
      i: meta.id,
      g: meta.groupId,
      p: String(meta.peerPort),
      n: meta.name,
      e: meta.epoch,
      s: String(meta.sequence),
      c: String(meta.entries),
      b: String(meta.bytes),
      ...(count > 0 ? { a: meta.addresses.slice(0, count).join(",") } : {}),
      x: meta.exchange.join("-"),
      v: meta.version,
      ...(meta.began === undefined ? {} : { t: String(meta.began) }),
      ...(meta.generation === undefined ? {} : { k: markText(meta.generation) }),
    };
    const packed = encode(tags, { sortKeys: true });
    if (packed.length + 1 > LIMITS.meta && count > 0) continue;
    const bytes = new Uint8Array(packed.length + 1);
    bytes[0] = TAGS;
    bytes.set(packed, 1);
    return bytes;
  }
}

/** The tags of any member, a real Serf's too; none where it has none. */
export function decodeTags(bytes: Uint8Array): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  if (bytes[0] !== TAGS || bytes.length > LIMITS.meta) return tags;
  try {
    const value = decode(bytes.subarray(1), BOUNDS);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return tags;
    for (const [key, text] of Object.entries(value)) if (typeof text === "string") tags.set(key, text);
  } catch {
    // no tags, then: any bytes may be there
  }
  return tags;
}

/** What a GroupShare member says of itself, or null where it is none, or says nonsense. */
export function decodeMeta(bytes: Uint8Array): MemberMeta | null {
  const tags = decodeTags(bytes);
  const id = hexTag(tags, "i", 64);
  const groupId = hexTag(tags, "g", 32);
  const epoch = hexTag(tags, "e", 16);
  const peerPort = countTag(tags, "p");
  const sequence = countTag(tags, "s");
  const entries = countTag(tags, "c");
  const size = countTag(tags, "b");
  const name = tags.get("n") ?? "";
  const versions = /^(\d{1,5})-(\d{1,5})$/.exec(tags.get("x") ?? "");
  if (id === null || groupId === null || epoch === null || versions === null) return null;
  if (peerPort === null || peerPort > 65_535 || sequence === null || entries === null || size === null) return null;
  if (nameRefusal(name) !== null) return null;
  const began = countTag(tags, "t");
  const hosts = (tags.get("a") ?? "").split(",").filter((host) => HOST.test(host));
  return {
    id,
    groupId,
    peerPort,
    name,
    epoch,
    sequence,
    entries,
    bytes: size,
    addresses: hosts.slice(0, MAX_ADDRESSES),
    exchange: [Number(versions[1]), Number(versions[2])],
    version: (tags.get("v") ?? "").replaceAll(/[^\x20-\x7e]/g, "").slice(0, 64),
    ...(began === null ? {} : { began }),
    ...markTag(tags),
  };
}

function markText({ generation, proof, sending }: GenerationMark): string {
  return `${generation}${sending ? "+" : "."}${proof}`;
}

function markTag(tags: ReadonlyMap<string, string>): { generation?: GenerationMark } {
  const [, generation, sign, proof = ""] = /^(\d{1,15})([.+])([0-9a-f]{16})$/.exec(tags.get("k") ?? "") ?? [];
  return generation === undefined
    ? {}
    : { generation: { generation: Number(generation), proof, sending: sign === "+" } };
}

function hexTag(tags: ReadonlyMap<string, string>, key: string, length: number): string | null {
  const text = tags.get(key) ?? "";
  return text.length === length && /^[0-9a-f]*$/.test(text) ? text : null;
}

function countTag(tags: ReadonlyMap<string, string>, key: string): number | null {
  const text = tags.get(key) ?? "";
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
