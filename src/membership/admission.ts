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

/**
 * Who may be listed: members of this group, and those of no group, such as a real Serf's. `idOf` remembers whose a wire
 * name was, also where nobody of that name is known now; null where nobody was. `admits`: why a member of this group is
 * not let in all the same, null where it is.
 */
export function admission(
  groupId: string,
  idOf: (name: string) => string | null = () => null,
  admits: (meta: MemberMeta) => string | null = () => null,
): Pick<Config, "admit" | "veto" | "identity" | "began"> {
  // A Serf may use the same letter for something else.
  const groupOf = (meta: Uint8Array): string | undefined => /^[0-9a-f]{32}$/.exec(decodeTags(meta).get("g") ?? "")?.[0];
  const identity = (claimed: Claimed): string | null => groupShareMeta(claimed)?.id ?? null;
  return {
    identity,
    began: (claimed) => groupShareMeta(claimed)?.began ?? null,
    admit(claimed, before) {
      const group = groupOf(claimed.meta);
      if (group !== undefined && group !== groupId) return "it belongs to another group";
      const id = (before === null ? null : identity(before)) ?? idOf(claimed.name);
      if (id !== null && id !== identity(claimed)) return "this name belongs to another member";
      const meta = groupShareMeta(claimed);
      return meta === null ? null : admits(meta);
    },
    // One foreign member in a list is passed over by itself; a list of none but such comes from another group.
    veto(states: readonly PushState[]) {
      const groups = states.map(({ meta }) => groupOf(meta)).filter((group) => group !== undefined);
      return groups.length > 0 && !groups.includes(groupId) ? "they belong to another group" : null;
    },
  };
}
