import type { Log } from "../shared/log.ts";
import { StateFile } from "../shared/state-file.ts";

/** What membership keeps over restarts. */
export interface Kept {
  readonly format: 1;
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
  #kept: Kept = { format: 1, incarnation: 0, lamport: 1 };

  constructor(path: string, log: Log) {
    this.#file = new StateFile(path, checkKept);
    this.#log = log;
  }

  /** Reads what was kept and takes this run's first incarnation, above every one used before; on disk when it resolves. */
  async open(wallMs: number): Promise<Kept> {
    const before = await this.#file.read((message) => this.#log.warn(message));
    const used = before === null ? 0 : before.incarnation + LAG;
    const incarnation = Math.max(1, Math.min(0xffff_ffff, Math.max(Math.floor(wallMs / 1_000), used)));
    this.#kept = { format: 1, incarnation, lamport: before?.lamport ?? 1 };
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

function checkKept(value: unknown): Kept {
  if (typeof value !== "object" || value === null) throw new Error("it is no object");
  const { incarnation, lamport } = value as Record<string, unknown>;
  return { format: 1, incarnation: whole(incarnation, "incarnation"), lamport: whole(lamport ?? 1, "lamport") };
}

function whole(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new Error(`its ${name} is no number`);
}
