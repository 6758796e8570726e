import { Hono } from "hono";
import type { ListChange } from "../../src/catalog/core/change.ts";
import { encodeChange, joinChanges } from "../../src/catalog/entries.ts";
import { encodeHeader, frames } from "../../src/catalog/exchange/wire.ts";
import { makeSegment } from "../../src/catalog/segments.ts";
import { type Identity, signWith } from "./support.ts";

export const EPOCH = "0123456789abcdef";

/** Changes as a segment that its member really signed, whatever they are. */
export function sealed(
  identity: Identity,
  from: number,
  changes: readonly ListChange[],
  epoch = EPOCH,
): Promise<Uint8Array> {
  const entries = joinChanges(changes.map(encodeChange));
  return sealedBytes(identity, from, from + Math.max(changes.length, 1) - 1, entries, epoch);
}

/** Any bytes as the entries of a segment that its member really signed. */
export function sealedBytes(
  identity: Identity,
  from: number,
  to: number,
  entries: Uint8Array,
  epoch = EPOCH,
): Promise<Uint8Array> {
  const list = { member: identity.id, epoch, sign: async (bytes: Uint8Array) => signWith(identity, bytes) };
  return makeSegment(list, from, to, entries);
}

/** An answer of a server that checks nothing. */
export function answer(
  identity: Identity,
  segments: readonly Uint8Array[],
  to: number,
  more: { from?: number; epoch?: string; key?: Uint8Array; floor?: number } = {},
): Uint8Array {
  const { from = 1, epoch = EPOCH, key = identity.publicKey, floor = 0 } = more;
  const header = encodeHeader({ format: 1, member: identity.id, epoch, floor, from, to, key });
  return frames([header, ...segments]);
}

/** A server that answers every question for a list by what `reply` makes of it. */
export function lying(reply: (since: number, epoch: string) => Promise<BodyInit> | BodyInit): Hono {
  return new Hono().get("/v1/catalog/:member", async (c) => {
    return new Response(await reply(Number(c.req.query("since")), c.req.query("epoch") ?? ""));
  });
}
