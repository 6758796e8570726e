import { wireNameFits } from "../shared/names.ts";
import type { Claimed, Config } from "./core/core.ts";
import type { PushState } from "./core/message.ts";
import { decodeMeta, decodeTags, type MemberMeta } from "./meta.ts";

const known = new WeakMap<Uint8Array, MemberMeta | null>();

/** What a GroupShare member says of itself; null for any other, and for one whose wire name does not carry its id. */
export function groupShareMeta({ name, meta }: Pick<Claimed, "name" | "meta">): MemberMeta | null {
  let read = known.get(meta);
  if (read === undefined) {
    read = decodeMeta(meta);
    known.set(meta, read);
  }
  return read !== null && wireNameFits(name, read.id) ? read : null;
}

/** Who may be listed: members of this group, and those of no group, such as a real Serf's. */
export function admission(groupId: string): Pick<Config, "admit" | "veto" | "identity"> {
  // A Serf may use the same letter for something else.
  const groupOf = (meta: Uint8Array): string | undefined => /^[0-9a-f]{32}$/.exec(decodeTags(meta).get("g") ?? "")?.[0];
  const identity = (claimed: Claimed): string | null => groupShareMeta(claimed)?.id ?? null;
  return {
    identity,
    admit(claimed, before) {
      const group = groupOf(claimed.meta);
      if (group !== undefined && group !== groupId) return "it belongs to another group";
      const id = before === null ? null : identity(before);
      return id !== null && id !== identity(claimed) ? "this name belongs to another member" : null;
    },
    // One foreign member in a list is passed over by itself; a list of none but such comes from another group.
    veto(states: readonly PushState[]) {
      const groups = states.map(({ meta }) => groupOf(meta)).filter((group) => group !== undefined);
      return groups.length > 0 && !groups.includes(groupId) ? "they belong to another group" : null;
    },
  };
}
