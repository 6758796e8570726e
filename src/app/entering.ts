import { systemClock } from "../shared/clock.ts";
import { systemRandom } from "../shared/random.ts";
import type { Group } from "../trust/mod.ts";
import { isCluster } from "./cluster.ts";
import type { DataDir } from "./data-dir.ts";
import type { GroupShareNode } from "./node.ts";
import { rosterChanged } from "./reactions.ts";
import type { GossipKeyFile } from "./rotation/gossip-keys.ts";
import { Rotation } from "./rotation/rotation.ts";
import type { RotationStore } from "./rotation/store.ts";
import { Session } from "./session.ts";

/** What is on disk of the time in a group. */
export interface GroupFiles {
  readonly dir: DataDir;
  readonly store: RotationStore;
  readonly keyFile: GossipKeyFile;
  /** Another member says that this one was removed. */
  removed(rotation: Rotation): void;
}

/** Takes the ports for a group, with its secrets and its roster; a cluster of others has none of these. */
export async function openGroup(
  node: GroupShareNode,
  group: Group,
  files: GroupFiles,
): Promise<{ session: Session; rotation: Rotation | null }> {
  const rotation = isCluster(group) ? null : await openRotation(node, group, files);
  const { dir, keyFile } = files;
  try {
    const keys = await keyFile.keysOf(() => rotation?.group ?? group, node.options.gossipKeys ?? []);
    const session = await Session.open({
      node: node.options,
      group,
      identity: node.identity,
      profile: node.profile,
      standing: node.catalog.own,
      routes: [node.catalog.routes(), node.transfers.routes()],
      stateFile: dir.membership,
      // What a new secret does to the keyring needs no keeping: the secret is kept.
      keys: { ...keys, changed: (now) => (rotation?.turning ? undefined : keys.changed(now)) },
      rotation,
      announced: () => node.discovery?.ofGroup(group.id) ?? [],
      log: node.log,
    });
    return { session, rotation };
  } catch (thrown) {
    await rotation?.stop();
    throw thrown;
  }
}

async function openRotation(node: GroupShareNode, group: Group, { store, removed }: GroupFiles): Promise<Rotation> {
  const rotation: Rotation = await Rotation.open({
    group,
    identity: node.identity,
    store,
    clock: systemClock,
    random: systemRandom,
    log: node.log,
    changed: () => rosterChanged(node),
    removed: () => removed(rotation),
  });
  return rotation;
}

/** Says on the network that this member is here, unless it listens to its own machine alone. */
export function announceOn({ discovery, profile }: GroupShareNode, { group, membership }: Session): void {
  const { host, port } = membership.bound;
  if (host.startsWith("127.") || host === "::1" || host === "localhost") return;
  discovery?.announce({ wireName: profile.wireName, group: group.name, groupId: group.id, port });
}
