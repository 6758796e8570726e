import * as z from "zod";
import { reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { StateFile } from "../../shared/state-file.ts";
import { type Group, gossipKey } from "../../trust/mod.ts";
import { isCluster } from "../cluster.ts";

const stored = z.object({
  group: z.string(),
  generation: z.int(),
  keys: z.array(z.base64()).min(1),
});

/** Keys of a gossip, the primary first, and who is to be told when they change. */
export interface GossipKeys {
  readonly keys: readonly Uint8Array[];
  changed(keys: readonly Uint8Array[]): void;
}

/** A member's own changes to the keys of its group; mode 0600. Those to the keys of a cluster hold for one run. */
export class GossipKeyFile {
  readonly #file: StateFile<z.infer<typeof stored>>;
  readonly #log: Log;

  constructor(path: string, log: Log) {
    this.#file = new StateFile(path, (value) => stored.parse(value));
    this.#log = log;
  }

  /**
   * `current`: the group as it is now. What its secrets give is not kept here: only what was changed by hand is, and
   * that until the next generation. `cluster`: the keys of a cluster of others; none: in clear.
   */
  async keysOf(current: () => Group, cluster: readonly Uint8Array[]): Promise<GossipKeys> {
    const group = current();
    if (isCluster(group)) {
      if (cluster.length === 0) {
        this.#log.warn("GOSSIP GOES IN CLEAR: whoever is on this network reads it, and can join", {
          group: group.name,
        });
      }
      const changed = () => this.#log.info("the keyring is changed for this run; the key file is as it was");
      return { keys: cluster, changed };
    }
    const kept = await this.#file.read((message) => this.#log.warn(message));
    const fits = kept !== null && kept.group === group.id && kept.generation === group.generation;
    const own = fits ? kept.keys.map((key) => new Uint8Array(Buffer.from(key, "base64"))) : [gossipKey(group)];
    return {
      keys: [...own, ...group.former.map(gossipKey)],
      changed: (keys) => this.#keep(current(), keys),
    };
  }

  #keep({ id, generation, former }: Group, keys: readonly Uint8Array[]): void {
    const text = (key: Uint8Array): string => Buffer.from(key).toString("base64");
    const before = new Set(former.map((one) => text(gossipKey(one))));
    const byHand = keys.map(text).filter((key, at) => at === 0 || !before.has(key));
    this.#file.write({ group: id, generation, keys: byHand }).catch((thrown: unknown) => {
      this.#log.error("Cannot keep the keyring: its changes hold for this run only", { why: reason(thrown) });
    });
  }

  remove(): Promise<void> {
    return this.#file.remove();
  }
}
