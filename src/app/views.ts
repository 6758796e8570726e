import type { Keyring, MemberRecord } from "../membership/mod.ts";
import { systemClock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import { GroupShareError } from "../shared/errors.ts";
import { VERSION } from "../shared/version.ts";
import type { GenerationsView, KeyringView, MemberView, NearbyView, StatusView } from "../web/mod.ts";
import type { GroupShareNode } from "./node.ts";

/** All members that are known, oneself first; outside a group, oneself alone. */
export function members(node: GroupShareNode): MemberView[] {
  const records = (node.session?.membership.members() ?? []).filter((record) => isListed(record, node));
  return [
    selfView(node),
    ...records.map((record) => memberView(record, node)).sort((a, b) => a.name.localeCompare(b.name)),
  ];
}

/** Whoever was removed is in no list, whatever gossip still says of it. */
function isListed({ self, id }: MemberRecord, { rotation }: GroupShareNode): boolean {
  return !self && rotation?.trust.isRemoved(id) !== true;
}

export function selfView(node: GroupShareNode): MemberView {
  const total = node.totals.get(node.identity.memberId);
  const record = node.session?.membership.members().find(({ self }) => self);
  return {
    name: node.profile.name,
    wireName: node.profile.wireName,
    id: node.identity.memberId,
    state: "alive",
    self: true,
    address: record === undefined ? "" : endpointText(record),
    rttMs: 0,
    files: total?.files ?? 0,
    bytes: total?.bytes ?? 0,
    version: VERSION,
    incarnation: record?.incarnation ?? 0,
    since: record?.since ?? 0,
  };
}

function memberView(record: MemberRecord, { totals, catalog }: GroupShareNode): MemberView {
  const refused = record.id === null ? undefined : catalog.refusals().get(record.id);
  // What is announced counts folders too, and is all there is before a list has come.
  const total = record.id === null ? undefined : totals.get(record.id);
  return {
    name: record.name,
    wireName: record.wireName,
    id: record.id,
    state: record.state,
    self: false,
    address: endpointText(record),
    rttMs: record.rttMs,
    files: total?.files ?? record.entries,
    bytes: total?.bytes ?? record.bytes,
    version: record.version,
    ...(refused === undefined ? {} : { refused: refused === "too-large" ? "too-many-entries" : "damaged" }),
    incarnation: record.incarnation,
    since: record.since,
  };
}

export function status(node: GroupShareNode): StatusView {
  const { session } = node;
  return {
    name: node.profile.name,
    id: node.identity.memberId,
    group: session?.group.name ?? null,
    uptimeMs: Math.round(systemClock.now() - node.startedAt),
    version: VERSION,
    gossip: session === null ? null : endpointText(session.membership.address),
    peer: session === null ? null : endpointText(session.peer),
    downloads: node.options.downloads,
    shares: node.shares.list(),
    counters: {
      ...node.shares.counters(),
      ...node.catalog.counters(),
      ...node.transfers.counters(),
      ...session?.membership.counters(),
      ...node.loopDelay.counters(),
    },
  };
}

/** null outside a group, and in a cluster of others. */
export function generationsView({ session, rotation }: GroupShareNode): GenerationsView | null {
  if (session === null || rotation === null) return null;
  const { seen, removed } = rotation.roster;
  const here = new Set(session.others().map(({ id }) => id));
  return {
    generation: session.group.generation,
    roster: seen
      .map(({ id, name, seen }) => ({ id, name, seen, here: here.has(id) }))
      .sort((a, b) => Number(b.here) - Number(a.here) || b.seen - a.seen),
    removed: removed.map(({ id, name, at }) => ({ id, name, at })).sort((a, b) => b.at - a.at),
  };
}

/** Members of any group that announce themselves on the network. */
export function nearby(node: GroupShareNode): NearbyView[] {
  const members = node.discovery?.nearby() ?? [];
  return members
    .map(({ name, hash, addresses }) => ({ name, hash, address: addresses[0] ?? "" }))
    .sort((a, b) => a.name.localeCompare(b.name) || (a.hash + a.address < b.hash + b.address ? -1 : 1));
}

/** Fails outside a group: there is nothing to encrypt. */
export function keyringOf(node: GroupShareNode): Keyring {
  const keyring = node.session?.membership.keyring;
  if (keyring !== undefined) return keyring;
  throw new GroupShareError("conflict", "Cannot use the keyring: this member is in no group", {
    hint: "start a group or join one first",
  });
}

export function keyringView(node: GroupShareNode): KeyringView {
  const keys = keyringOf(node)
    .list()
    .map((key) => Buffer.from(key).toString("base64"));
  return { primary: keys[0] ?? null, keys };
}
