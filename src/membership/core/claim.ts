import { sameAddress, sameBytes } from "./address.ts";
import type { Accusation, Alive } from "./message.ts";
import type { Node } from "./nodes.ts";

/*
 * Which of two claims about a member holds (SWIM-WIRE §3.7). At the same incarnation: dead and left > suspect > alive.
 * "alive" must be strictly newer, accusations as new. Dead is not final: a newer "alive" brings the member back.
 */

export type Verdict =
  /** Nothing new in it. */
  | "ignore"
  /** Two members claim one name. */
  | "conflict"
  /** It is about this member, and not true. */
  | "refute"
  /** One more accuser of a member already suspect. */
  | "confirm"
  /** It is believed from now on. */
  | "believe";

export interface Standpoint {
  /** It is about this member. */
  readonly self: boolean;
  /** This member says it itself. */
  readonly own: boolean;
  readonly leaving: boolean;
  /** Whoever claims proves to be whom we know by this name: true or false; null where nothing can be proved. */
  readonly sameIdentity: boolean | null;
  /** It was dead for so long that its name may be taken by another address. */
  readonly reclaimable: boolean;
}

/** Meta above this is refused: memberlist does not send more, though it would take it. */
const MAX_META = 512;

export function judgeAlive(claim: Alive, known: Node | undefined, view: Standpoint): Verdict {
  if (view.own) return "believe";
  if (view.self && view.leaving) return "ignore";
  if (!speakable(claim.vsn) || claim.meta.length > MAX_META || claim.address.port === 0) return "ignore";
  if (known === undefined) return claim.incarnation === 0 ? "ignore" : "believe";
  const newer = claim.incarnation > known.incarnation;
  if (!sameAddress(claim.address, known.address)) {
    if (view.self) return claim.incarnation < known.incarnation ? "ignore" : "conflict";
    // One that proves to be the same may move, but only forward: an old claim must not bring an old address back.
    if (view.sameIdentity !== null) return view.sameIdentity && newer ? "believe" : newer ? "conflict" : "ignore";
    return known.state === "left" || (known.state === "dead" && view.reclaimable) ? "believe" : "conflict";
  }
  if (!view.self) return newer ? "believe" : "ignore";
  if (claim.incarnation < known.incarnation) return "ignore";
  const mine = claim.incarnation === known.incarnation;
  return mine && sameBytes(claim.meta, known.meta) && sameBytes(claim.vsn, known.vsn) ? "ignore" : "refute";
}

export function judgeSuspect(
  claim: Accusation,
  known: Node | undefined,
  view: { readonly self: boolean; readonly suspected: boolean },
): Verdict {
  if (known === undefined || claim.incarnation < known.incarnation) return "ignore";
  if (view.suspected) return "confirm";
  if (known.state !== "alive") return "ignore";
  return view.self ? "refute" : "believe";
}

export function judgeDead(
  claim: Accusation,
  known: Node | undefined,
  view: { readonly self: boolean; readonly leaving: boolean },
): Verdict {
  if (known === undefined || claim.incarnation < known.incarnation) return "ignore";
  if (known.state === "dead" || known.state === "left") return "ignore";
  return view.self && !view.leaving ? "refute" : "believe";
}

/** Versions that make sense: the first two are never 0, nor the wrong way round. */
function speakable(vsn: Uint8Array): boolean {
  const [min = 0, max = 0] = vsn;
  return vsn.length === 6 && min > 0 && max > 0 && min <= max;
}
