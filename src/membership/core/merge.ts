import { type Address, sameAddress, samePlace } from "./address.ts";
import { judgeAlive, judgeDead, judgeSuspect } from "./claim.ts";
import { type Core, GOODBYE } from "./core.ts";
import { confirmationsWanted, suspicionMin } from "./formulas.ts";
import { flush } from "./gossip.ts";
import type { Accusation, Alive } from "./message.ts";
import type { Node } from "./nodes.ts";
import { Suspicion } from "./suspicion.ts";

/** Records kept. Beyond, strangers are not listed: the design is for hundreds. */
const MAX_NODES = 4_096;
/** An accusation this far ahead is a lie, or would soon wrap the counter and silence its owner (SWIM-WIRE §3.8). */
const MAX_LEAP = 1 << 20;
/** While nobody is heard, nobody is buried for so many of the longest suspicions. */
const DEAF_FOR = 2;
/** Timers may come early by this, in milliseconds. */
const TIMER_GRAIN = 2;

/** Takes in that a member is alive, as another tells. `from`: where the datagram came from that said so. */
export function hearAlive(core: Core, claim: Alive, from: Address | null = null): void {
  const { config, nodes } = core;
  const known = nodes.get(claim.node);
  const self = claim.node === config.name;
  if (known === undefined && nodes.size >= MAX_NODES) return;
  const claimed = { name: claim.node, meta: claim.meta, vsn: claim.vsn };
  const refused = self ? null : config.admit(claimed, known ?? null);
  if (refused !== null) {
    tellRefused(core, claim, refused);
    return;
  }
  const itself = known === undefined ? null : sameIdentity(core, known, claim);
  const verdict = judgeAlive(claim, known, {
    self,
    own: false,
    leaving: core.leaving,
    sameIdentity: itself,
    reclaimable: known !== undefined && isReclaimable(core, known),
  });
  if (self && known !== undefined && !sameAddress(claim.address, known.address)) core.claimedElsewhere(claim, from);
  if (verdict === "refute") refute(core, claim.incarnation);
  else if (verdict === "believe") believeAlive(core, claim, known ?? null);
  else if (known === undefined || self) return;
  else if (verdict === "conflict") tellConflict(core, known, claim.address);
  else if (known.state !== "alive" && from !== null && (itself === true || samePlace(from, claim.address))) {
    tellAccused(core, known);
  }
}

/** Once for each name and reason, as far as memory goes. */
export function tellRefused(core: Core, { node, address }: Alive, why: string): void {
  if (core.first(`"${node}" is refused: ${why}`)) core.do({ kind: "refused", name: node, address, why });
}

/** Once for each address that is refused. */
function tellConflict(core: Core, { name, address }: Node, theirs: Address): void {
  const other = `${theirs.host.join(".")}:${theirs.port}`;
  if (core.first(`"${name}" is claimed at ${other}`)) {
    core.do({ kind: "conflict", name, self: false, ours: address, theirs });
  }
}

/**
 * It says itself that it is alive, but in words too old to be believed: it should know, or it would never find newer ones.
 * Behind a translator of addresses its packets come from elsewhere; so who has proven an identity is told whoever passes
 * its words on, but not by each of many who do.
 */
function tellAccused(core: Core, known: Node): void {
  if (core.now - (core.told.get(known) ?? Number.NEGATIVE_INFINITY) < core.config.profile.gossipInterval) return;
  core.told.set(known, core.now);
  const { name, address, incarnation, state } = known;
  const kind = state === "suspect" ? "suspect" : "dead";
  const accusation = core.encode({ kind, incarnation, node: name, from: core.config.name });
  core.do({ kind: "send", to: address, parts: [accusation], crc: false, probe: null });
}

/** Announces this member as it is now. */
export function announceSelf(core: Core, { address, meta }: Pick<Alive, "address" | "meta">): void {
  const { name, vsn } = core.config;
  const claim: Alive = { kind: "alive", node: name, vsn, incarnation: core.incarnation, address, meta };
  believeAlive(core, claim, core.self ?? null);
  flush(core);
}

export function hearAccusation(core: Core, claim: Accusation): void {
  if (claim.kind === "suspect") hearSuspect(core, claim);
  else hearDead(core, claim);
}

function hearSuspect(core: Core, claim: Accusation): void {
  const known = core.nodes.get(claim.node);
  const suspicion = core.suspicions.get(claim.node);
  const self = claim.node === core.config.name;
  const verdict = judgeSuspect(claim, known, { self, suspected: suspicion !== undefined });
  if (verdict === "refute") refute(core, claim.incarnation);
  else if (verdict === "believe" && known !== undefined) suspect(core, claim, known);
  else if (verdict === "confirm" && suspicion?.confirm(claim.from)) {
    core.spread(claim);
    core.wake("suspicion", claim.node, suspicion.left(core.now));
  }
}

function suspect(core: Core, claim: Accusation, known: Node): void {
  core.spread(claim);
  change(core, known, { incarnation: claim.incarnation, state: "suspect" });
  // Counted are those who can confirm: members dead or left but not yet forgotten cannot, and waiting for them
  // would keep a killed member listed for as long as there is nobody else to ask.
  const { suspicionMult, suspicionMaxMult, probeInterval } = core.config.profile;
  const present = core.nodes.present;
  const min = suspicionMin(suspicionMult, present, probeInterval);
  const wanted = core.lifeguard.suspicion ? confirmationsWanted(suspicionMult, present) : 0;
  const begun = new Suspicion(claim.from, wanted, { min, max: min * suspicionMaxMult, now: core.now });
  core.suspicions.set(claim.node, begun);
  core.wake("suspicion", claim.node, begun.left(core.now));
}

function hearDead(core: Core, claim: Accusation): void {
  const known = core.nodes.get(claim.node);
  const self = claim.node === core.config.name;
  const verdict = judgeDead(claim, known, { self, leaving: core.leaving });
  if (verdict === "refute") refute(core, claim.incarnation);
  if (verdict !== "believe" || known === undefined) return;
  forgetSuspicion(core, claim.node);
  core.spread(claim, self ? GOODBYE : null);
  change(core, known, { incarnation: claim.incarnation, state: claim.node === claim.from ? "left" : "dead" });
}

/** The time to answer is over, unless some was given since. */
export function suspicionDue(core: Core, name: string): void {
  const suspicion = core.suspicions.get(name);
  const known = core.nodes.get(name);
  if (suspicion === undefined || known?.state !== "suspect") return;
  const left = suspicion.left(core.now);
  const wait = left > TIMER_GRAIN ? left : isDeaf(core) ? core.config.profile.probeInterval : 0;
  if (wait > 0) {
    core.wake("suspicion", name, wait);
    return;
  }
  hearDead(core, { kind: "dead", incarnation: known.incarnation, node: name, from: core.config.name });
  // At once, as own news: gossip alone misses a member of eight now and then, which then waits for its own timer.
  flush(core);
}

/**
 * Nobody is heard, not even members whom nobody accuses: then it is this member that is cut off, and it should not bury
 * others for it. Not for ever, though: in the end they are gone, for it.
 */
function isDeaf(core: Core): boolean {
  const { suspicionMult, suspicionMaxMult, probeInterval } = core.config.profile;
  const bearable = DEAF_FOR * suspicionMaxMult * suspicionMin(suspicionMult, core.nodes.present, probeInterval);
  if (!core.lifeguard.lag || core.silence <= core.silenceBorne || core.silence > bearable) return false;
  return core.nodes.some(1, ({ name, state }) => state === "alive" && name !== core.config.name).length > 0;
}

/** Answers a claim about this member that is not true, with a newer one. */
export function refute(core: Core, accused: number): void {
  const self = core.self;
  if (self === undefined) return;
  if (accused > core.incarnation + MAX_LEAP) {
    core.noteOnce("warn", "an accusation of this member is too far ahead to be true", { incarnation: accused });
    return;
  }
  if (core.moving !== null) {
    core.moving = { ...core.moving, accused: Math.max(core.moving.accused, accused) };
    return;
  }
  core.raiseIncarnation(accused);
  core.health.apply(1);
  core.do({ kind: "refuted", health: core.health.score });
  announceSelf(core, self);
}

function believeAlive(core: Core, claim: Alive, known: Node | null): void {
  forgetSuspicion(core, claim.node);
  core.spread(claim);
  const { address, meta, vsn, incarnation } = claim;
  const said = { address, meta, vsn, incarnation, state: "alive" } as const;
  if (known !== null) change(core, known, said);
  else {
    const member: Node = { name: claim.node, ...said, changedAt: core.now, rtt: null };
    core.nodes.put(member);
    core.do({ kind: "changed", member, before: null });
  }
}

function change(core: Core, known: Node, to: Partial<Node>): void {
  const moved = to.state !== undefined && to.state !== known.state;
  const member: Node = { ...known, ...to, changedAt: moved ? core.now : known.changedAt };
  core.nodes.put(member);
  core.do({ kind: "changed", member, before: known });
}

function forgetSuspicion(core: Core, name: string): void {
  if (core.suspicions.delete(name)) core.timers.clear("suspicion", name);
}

function sameIdentity(core: Core, known: Node, claim: Alive): boolean | null {
  const now = core.config.identity({ name: claim.node, meta: claim.meta, vsn: claim.vsn });
  const then = core.config.identity(known);
  return now === null && then === null ? null : now === then;
}

function isReclaimable(core: Core, known: Node): boolean {
  const { deadReclaim } = core.config.profile;
  return deadReclaim > 0 && core.now - known.changedAt > deadReclaim;
}
