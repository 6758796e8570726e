import { z } from "zod";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { StateFile } from "../shared/state-file.ts";
import { type Group, gossipKey } from "../trust/mod.ts";
import { isCluster } from "./cluster.ts";

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

  /** `cluster`: the keys of a cluster of others; none: in clear. */
  async keysOf(group: Group, cluster: readonly Uint8Array[]): Promise<GossipKeys> {
    if (isCluster(group)) {
      if (cluster.length === 0) {
        this.#log.warn("GOSSIP GOES IN CLEAR: whoever is on this network reads it, and can join", {
          group: group.name,
        });
      }
      const changed = () => this.#log.info("the keyring is changed for this run; the key file is as it was");
      return { keys: cluster, changed };
    }
    const { id, generation } = group;
    const kept = await this.#file.read((message) => this.#log.warn(message));
    const fits = kept !== null && kept.group === id && kept.generation === generation;
    return {
      keys: fits ? kept.keys.map((key) => new Uint8Array(Buffer.from(key, "base64"))) : [gossipKey(group)],
      changed: (keys) => {
        const texts = keys.map((key) => Buffer.from(key).toString("base64"));
        this.#file.write({ group: id, generation, keys: texts }).catch((thrown: unknown) => {
          this.#log.error("Cannot keep the keyring: its changes hold for this run only", { why: reason(thrown) });
        });
      },
    };
  }

  remove(): Promise<void> {
    return this.#file.remove();
  }
}
