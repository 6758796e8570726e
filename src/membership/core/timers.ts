export type TimerKind =
  | "probe"
  | "gossip"
  | "push-pull"
  | "probe-direct"
  | "probe-end"
  | "relay-nack"
  | "relay-end"
  | "suspicion"
  | "farewell"
  | "namesake"
  | "moved"
  | "leave-end";

/** A wish to be woken. It is never taken back: a stale one is known by its epoch. */
export interface Timer {
  readonly kind: TimerKind;
  /** Which one of its kind, such as a member's name. */
  readonly key: string;
  readonly epoch: number;
  /** When it should be heard again, by the core's clock. */
  readonly due: number;
}

/** Which timers still count. */
export class Timers {
  readonly #current = new Map<string, number>();
  #epoch = 0;

  set(kind: TimerKind, key: string, due: number): Timer {
    this.#epoch += 1;
    this.#current.set(`${kind} ${key}`, this.#epoch);
    return { kind, key, epoch: this.#epoch, due };
  }

  clear(kind: TimerKind, key: string): void {
    this.#current.delete(`${kind} ${key}`);
  }

  /** Whether this timer still counts; it then counts no more. */
  accept(timer: Timer): boolean {
    const id = `${timer.kind} ${timer.key}`;
    if (this.#current.get(id) !== timer.epoch) return false;
    this.#current.delete(id);
    return true;
  }

  /** Timers that still count. */
  get size(): number {
    return this.#current.size;
  }
}
