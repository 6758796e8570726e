import type { Point } from "./history.ts";

/** What an answer says of itself, before its segments. */
export interface Header {
  readonly format: number;
  /** Whose list it is. */
  readonly member: string;
  readonly epoch: string;
  /** Below this number deletions were forgotten: who stands lower needs the whole list. */
  readonly floor: number;
  /** First and last sequence number that follow; `from` is `to + 1` where nothing does. */
  readonly from: number;
  readonly to: number;
  /** SubjectPublicKeyInfo of the origin. */
  readonly key: Uint8Array;
}

/** What an asker has of a list: what is shown, and a whole list that is still being collected. */
export interface Have {
  readonly live: Point | null;
  readonly staged: Point | null;
}

/** Where to put what an answer brings. */
export type Plan =
  | { readonly kind: "append"; readonly to: "live" | "staged" }
  /** A new whole list, collected beside what is shown. */
  | { readonly kind: "whole" }
  | { readonly kind: "nothing" }
  | { readonly kind: "refuse"; readonly why: string };

/** What an asker names as `epoch` and `since`: what it collects of the announced epoch, or what it shows of it. */
export function askFrom(have: Have, epoch: string): number {
  if (have.staged?.epoch === epoch) return have.staged.sequence;
  return have.live?.epoch === epoch ? have.live.sequence : 0;
}

/**
 * Decides about an answer to `askFrom`. Only the origin may bring an epoch other than the announced one: a relay's
 * old list has sound signatures too, and would bring back what was replaced.
 */
export function planFor(have: Have, announced: string, header: Header, fromOrigin: boolean): Plan {
  if (header.epoch !== announced && !fromOrigin) return { kind: "refuse", why: "it has another epoch of this list" };
  const { epoch, from, to, floor } = header;
  if (from > to + 1) return { kind: "refuse", why: "its numbers run backwards" };
  const { live, staged } = have;
  if (staged?.epoch === epoch && from === staged.sequence + 1) return { kind: "append", to: "staged" };
  const atLive = live?.epoch === epoch && live.sequence >= floor;
  if (atLive && to <= live.sequence) return { kind: "nothing" };
  if (atLive && from === live.sequence + 1) return { kind: "append", to: "live" };
  if (from === 1) return { kind: "whole" };
  return { kind: "refuse", why: "it does not go on where this list stands" };
}

/** What a server sends to one that stands at `since` of `epoch`: the first sequence number, and whether that is the whole list. */
export function serveFrom(own: Point, floor: number, asked: { epoch: string | null; since: number }): number {
  if (asked.epoch !== own.epoch || asked.since < floor) return 1;
  return Math.min(asked.since, own.sequence) + 1;
}

/** Whether a collected list may be shown: it is as long as announced, or its origin says that there is no more. */
export function isComplete(staged: Point, header: Pick<Header, "to">, announced: Point, fromOrigin: boolean): boolean {
  if (staged.sequence !== header.to) return false;
  return fromOrigin || (staged.epoch === announced.epoch && staged.sequence >= announced.sequence);
}
