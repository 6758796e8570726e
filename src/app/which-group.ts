import { GroupShareError } from "../shared/errors.ts";
import { type Group, type Invite, newGroup } from "../trust/mod.ts";
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
    return { group: stored, seeds: [...(invite?.addresses ?? []), ...options.join] };
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

export function notInGroup(action: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot ${action}: this member is in no group`, {
    hint: "start a group or join one first",
  });
}
