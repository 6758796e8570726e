import { createHash } from "node:crypto";
import { type Group, UNTOLD } from "../trust/mod.ts";

/**
 * A cluster of others, such as real Serfs, as a group: whoever knows its gossip key is in. It has no secret, so it is not
 * stored, and nobody can be invited. All GroupShare members in it that use the same name have the same group id.
 */
export function clusterGroup(name: string): Group {
  const id = createHash("sha256").update(`groupshare cluster 1\n${name}`).digest("hex").slice(0, 32);
  return { id, name, secret: new Uint8Array(), generation: 0, ...UNTOLD };
}

export function isCluster(group: Group): boolean {
  return group.generation === 0;
}
