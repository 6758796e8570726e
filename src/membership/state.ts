import * as z from "zod";
import type { Log } from "../shared/log.ts";
import { StateFile } from "../shared/state-file.ts";

/** A member as it is remembered. */
export interface Met {
  /** Its wire name. */
  readonly name: string;
  /** Its gossip address, `host:port`. */
  readonly address: string;
  /** When it was last known to be here, milliseconds since 1970. */
  readonly seen: number;
}

/** What membership keeps over restarts. */
export interface Kept {
  readonly format: 1;
  /** Group id of those who are remembered. */
  readonly group: string;
  readonly met: readonly Met[];
  /** Member id by wire name, of all that were ever seen in the group, as far as memory goes; the oldest first. */
  readonly ids: Readonly<Record<string, string>>;
  /** The last incarnation stored; up to 1 000 above it may have been used. */
  readonly incarnation: number;
  /** Serf's Lamport clock. */
  readonly lamport: number;
}

/** An incarnation that was stored may lag behind what was used by this much. */
const LAG = 1_000;

export class KeptState {
  readonly #file: StateFile<Kept>;
  readonly #log: Log;
  #kept: Kept;

  /** Who was met in another group is forgotten. */
  constructor(path: string, group: string, log: Log) {
    this.#kept = { format: 1, group, met: [], ids: {}, incarnation: 0, lamport: 1 };
    this.#file = new StateFile(path, checkKept);
    this.#log = log;
  }

  /** Reads what was kept and takes this run's first incarnation, above every one used before; on disk when it resolves. */
  async open(wallMs: number): Promise<Kept> {
    const before = await this.#file.read((message) => this.#log.warn(message));
    const used = before === null ? 0 : before.incarnation + LAG;
    const incarnation = Math.max(1, Math.min(0xffff_ffff, Math.max(Math.floor(wallMs / 1_000), used)));
    const { met, ids } = before?.group === this.#kept.group ? before : this.#kept;
    this.#kept = { ...this.#kept, met, ids, incarnation, lamport: before?.lamport ?? 1 };
    await this.#file.write(this.#kept);
    return this.#kept;
  }

  /** Keeps what is newer. A disk that fails is told, and does not stop the gossip. */
  async keep(newer: Partial<Omit<Kept, "format">>): Promise<void> {
    this.#kept = { ...this.#kept, ...newer };
    try {
      await this.#file.write(this.#kept);
    } catch (thrown) {
      this.#log.error("Cannot keep the state of membership", { error: String(thrown) });
    }
  }
}

const whole = z.int().min(0).max(0xffff_ffff);
const stored = z.object({
  ids: z.record(z.string(), z.string()).default({}),
  incarnation: whole,
  lamport: whole.default(1),
  group: z.string().default(""),
  met: z.array(z.object({ name: z.string(), address: z.string(), seen: z.number() })).default([]),
});

function checkKept(value: unknown): Kept {
  return { format: 1, ...stored.parse(value) };
}
