import type { Random } from "../../src/shared/random.ts";

/** What happens to datagrams on their way. */
export interface Weather {
  /** Share that is lost. */
  readonly loss: number;
  /** Least time on the way, milliseconds; each datagram takes up to `jitter` more, so that they overtake each other. */
  readonly delay: number;
  readonly jitter: number;
  /** Share that comes twice. */
  readonly duplicated: number;
  /** Share that comes much later: up to ten times the jitter and 50 ms. */
  readonly held: number;
}

export const CALM: Weather = { loss: 0, delay: 0.2, jitter: 1, duplicated: 0, held: 0 };

/** What lies between members, who are known by number. */
export class Air {
  weather: Weather = CALM;
  readonly #random: Random;
  readonly #cuts = new Set<number>();
  readonly #deaf = new Set<number>();
  /** Which part of a partition each is in; null: there is none. */
  #islands: readonly number[] | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long each copy of a datagram takes; none: it is lost. */
  datagram(from: number, to: number): number[] {
    const { loss, delay, jitter, duplicated, held } = this.weather;
    const random = this.#random;
    if (!this.leads(from, to) || this.#deaf.has(from * WIDTH + to) || random.next() < loss) return [];
    const way = (): number => {
      const late = held > 0 && random.next() < held ? random.next() * (jitter * 10 + 50) : 0;
      return delay + random.next() * jitter + late;
    };
    return duplicated > 0 && random.next() < duplicated ? [way(), way()] : [way()];
  }

  /** How long something takes over a stream, which loses nothing. */
  stream(): number {
    return this.weather.delay + this.#random.next() * this.weather.jitter;
  }

  /** Whether anything gets from one to the other. */
  leads(from: number, to: number): boolean {
    if (this.#cuts.size > 0 && this.#cuts.has(from * WIDTH + to)) return false;
    return this.#islands === null || this.#islands[from] === this.#islands[to];
  }

  /** Nothing gets from one to the other any more; back it still does. */
  cut(from: number, to: number): void {
    this.#cuts.add(from * WIDTH + to);
  }

  /** No datagram gets from one to the other any more; streams do. */
  deafen(from: number, to: number): void {
    this.#deaf.add(from * WIDTH + to);
  }

  split(islands: readonly number[]): void {
    this.#islands = islands;
  }

  heal(): void {
    this.#cuts.clear();
    this.#deaf.clear();
    this.#islands = null;
  }
}

const WIDTH = 1 << 16;
