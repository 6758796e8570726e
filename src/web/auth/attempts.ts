import type { Clock } from "../../shared/clock.ts";
import { hostOf } from "../../shared/connection-guard.ts";

/** Wrong passwords of one host after which it has to wait, twice as long each time. Count. */
const FREE = 3;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 5 * 60_000;
/** A host that was silent for so long begins anew. Milliseconds. */
const FORGOTTEN = 3_600_000;
/** Wrong passwords of all hosts: so many at once, and then one in so many milliseconds. */
const BURST = 30;
const PAUSE = 2_000;
/** No turn is promised that is further away: who asks then is told to come again, and has none. Milliseconds. */
const FURTHEST_TURN = 10 * 60_000;
/** Hosts that are remembered, of those that were let in before and of the others. Counts. */
const MAX_KNOWN = 1_024;
const MAX_STRANGERS = 4_096;

interface Record {
  failures: number;
  /** When it may try again, and when it was last heard of, by the clock. */
  next: number;
  heard: number;
  trying: boolean;
  /** It has the turn that it was told to wait for. */
  promised: boolean;
}

/**
 * Who may try a password now. Each host, of IPv6 each /64, waits longer after each wrong one; all together have a pace, kept
 * by promising turns: a host that waits as it was told gets in, however many others try (GCRA, as in ITU-T I.371, with
 * places kept). Hosts that were let in before wait for nobody else, and are remembered apart from the others, so that no
 * number of those makes one forgotten. What is refused counts for nothing, so that trying while waiting makes nobody's wait
 * longer.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #known = new Map<string, Record>();
  readonly #strangers = new Map<string, Record>();
  /** When the pace of all would be used up, by the clock. */
  #taken = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds this IP address has to wait; 0: it tries now, and how that went must be told. */
  begin(address: string): number {
    const now = this.#clock.now();
    const record = this.#recordOf(address, now);
    if (record.trying) return FIRST_WAIT;
    if (record.next > now) return record.next - now;
    if (!record.promised && !this.#isKnown(address)) {
      const taken = Math.max(this.#taken, now) + PAUSE;
      const turn = taken - BURST * PAUSE;
      if (turn - now > FURTHEST_TURN) return turn - now;
      this.#taken = taken;
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
    if (!this.#isKnown(address)) this.#taken -= PAUSE;
    Object.assign(record, { failures: 0, next: 0, trying: false });
    this.#strangers.delete(hostOf(address));
    remember(this.#known, hostOf(address), record, MAX_KNOWN);
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

  /** Nobody looked at the password: the turn that was had is kept for the next try. */
  withdrawn(address: string): void {
    const record = this.#recordOf(address, this.#clock.now());
    record.trying = false;
    record.promised = !this.#isKnown(address);
  }

  #isKnown(address: string): boolean {
    return this.#known.has(hostOf(address));
  }

  #recordOf(address: string, now: number): Record {
    const host = hostOf(address);
    const known = this.#known.has(host);
    const records = known ? this.#known : this.#strangers;
    const found = records.get(host);
    const stays = found !== undefined && (found.trying || now - Math.max(found.heard, found.next) < FORGOTTEN);
    const record = stays ? found : { failures: 0, next: 0, heard: now, trying: false, promised: false };
    record.heard = now;
    remember(records, host, record, known ? MAX_KNOWN : MAX_STRANGERS);
    return record;
  }
}

/** Puts it last, and lets the first go where there are too many. */
function remember(records: Map<string, Record>, host: string, record: Record, most: number): void {
  records.delete(host);
  records.set(host, record);
  for (const oldest of records.keys()) {
    if (records.size <= most) break;
    records.delete(oldest);
  }
}
