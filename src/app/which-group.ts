import { GroupShareError } from "../shared/errors.ts";
import { type Group, type Invite, newGroup, prevails, secretHash } from "../trust/mod.ts";
import { clusterGroup } from "./cluster.ts";
import type { NodeOptions } from "./options.ts";

/** Which group to be in, and whom to ask first. */
export function chooseGroup(
  stored: Group | null,
  invite: Invite | null,
  options: NodeOptions,
): { group: Group | null; seeds: readonly string[] } {
  if (options.gossipKeys !== null && options.group !== null) {
    if (stored !== null) throw otherGroup(stored.name, "--gossip-key-file is for a cluster of others");
    return { group: clusterGroup(options.group), seeds: options.join };
  }
  if (stored !== null) {
    if (invite !== null && invite.group.id !== stored.id)
      throw otherGroup(stored.name, `the invite is to "${invite.group.name}"`);
    if (options.group !== null && options.group !== stored.name)
      throw otherGroup(stored.name, `--group names "${options.group}"`);
    return { group: newest(stored, invite), seeds: [...(invite?.addresses ?? []), ...options.join] };
  }
  if (invite !== null) return { group: invite.group, seeds: [...invite.addresses, ...options.join] };
  if (options.group !== null) return { group: newGroup(options.group), seeds: [] };
  return { group: null, seeds: [] };
}

function otherGroup(name: string, why: string): GroupShareError {
  return new GroupShareError("usage", `Cannot change the group: this member is in "${name}", and ${why}`, {
    hint: 'leave the group first ("groupshare leave"), or use another --data-dir',
  });
}

/** The stored secret may be newer than the invite's, or this member slept through what the invite is of. */
function newest(stored: Group, invite: Invite | null): Group {
  if (invite === null) return stored;
  const given = { ...invite.group, hash: secretHash(invite.group.secret) };
  const own = { ...stored, hash: secretHash(stored.secret) };
  return given.hash === own.hash || !prevails(given, own) ? stored : { ...invite.group, name: stored.name };
}

/** Nobody let this member in, though there were members. */
export function olderInvite(name: string): GroupShareError {
  return new GroupShareError("denied", `Cannot join "${name}": the invite is older than the group's present secret`, {
    hint: "ask a member for a new one",
  });
}

export function wasRemoved(name: string): GroupShareError {
  return new GroupShareError("denied", `Cannot go on in "${name}": this member was removed from the group`, {
    hint: 'its files are as they were; "groupshare leave" forgets the group, so that it can start or join another',
  });
}

export function noGenerations(action: string, name: string): GroupShareError {
  const why = `"${name}" is a cluster joined with its gossip key, which has no generations`;
  return new GroupShareError("conflict", `Cannot ${action}: ${why}`, {
    hint: "change its key with the tools of the cluster, and with `groupshare keyring`",
  });
}

export function noInvites(name: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot invite anybody: "${name}" is a cluster joined with its gossip key`, {
    hint: `start the other one with --gossip-key-file FILE --group ${JSON.stringify(name)} --join HOST:PORT`,
  });
}

export function runsElsewhere(address: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot go on: a member with the same identity runs at ${address}`, {
    hint: "it has a copy of this data directory: stop it there, or start here with another --data-dir",
  });
}

export function inGroup(action: string, name: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot ${action} a group: this member is in "${name}"`, {
    hint: "leave it first",
  });
}

export function notInGroup(action: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot ${action}: this member is in no group`, {
    hint: "start a group or join one first",
  });
}
