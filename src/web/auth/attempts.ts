import type { Clock } from "../../shared/clock.ts";

/** Wrong passwords of one address after which it has to wait, twice as long each time. Count. */
const FREE = 3;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 5 * 60_000;
/** An address that was silent for so long begins anew. Milliseconds. */
const FORGOTTEN = 3_600_000;
/** Wrong passwords of all addresses: so many at once, and then one in so many milliseconds. */
const BURST = 30;
const PAUSE = 2_000;
/** Addresses that are remembered. Count. */
const MAX_ADDRESSES = 4_096;

interface Record {
  failures: number;
  /** When it may try again, and when it was last heard of, by the clock. */
  next: number;
  heard: number;
  trying: boolean;
  /** It has the turn that it was told to wait for. */
  promised: boolean;
  /** Was let in from there before: does not wait for what others do. */
  known: boolean;
}

/**
 * Who may try a password now. Each address waits longer after each wrong one; all together have a pace, kept by promising
 * turns: an address that waits as it was told gets in, however many others try (GCRA, as in ITU-T I.371, with places kept).
 * What is refused counts for nothing, so that trying while waiting makes nobody's wait longer.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();
  /** When the pace of all would be used up, by the clock. */
  #taken = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds this address has to wait; 0: it tries now, and how that went must be told. */
  begin(address: string): number {
    const now = this.#clock.now();
    const record = this.#recordOf(address, now);
    if (record.trying) return FIRST_WAIT;
    if (record.next > now) return record.next - now;
    if (!record.known && !record.promised) {
      this.#taken = Math.max(this.#taken, now) + PAUSE;
      const turn = this.#taken - BURST * PAUSE;
      if (turn > now) {
        record.next = turn;
        record.promised = true;
        return turn - now;
      }
    }
    record.trying = true;
    record.promised = false;
    return 0;
  }

  /** The password was right. */
  succeeded(address: string): void {
    const record = this.#recordOf(address, this.#clock.now());
    if (!record.known) this.#taken -= PAUSE;
    Object.assign(record, { failures: 0, next: 0, trying: false, known: true });
  }

  /** The password was wrong. */
  failed(address: string): void {
    const now = this.#clock.now();
    const record = this.#recordOf(address, now);
    record.trying = false;
    record.failures += 1;
    const beyond = record.failures - FREE;
    record.next = beyond < 0 ? 0 : now + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** beyond);
  }

  /** Nobody looked at the password. */
  withdrawn(address: string): void {
    const record = this.#recordOf(address, this.#clock.now());
    record.trying = false;
    if (!record.known) this.#taken -= PAUSE;
  }

  #recordOf(address: string, now: number): Record {
    const found = this.#records.get(address);
    this.#records.delete(address);
    const stays = found !== undefined && (found.trying || now - Math.max(found.heard, found.next) < FORGOTTEN);
    const record = stays
      ? found
      : { failures: 0, next: 0, heard: now, trying: false, promised: false, known: found?.known ?? false };
    record.heard = now;
    this.#records.set(address, record);
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= MAX_ADDRESSES) break;
      this.#records.delete(oldest);
    }
    return record;
  }
}
