/** Where time comes from: the real clock, or a simulated one. */
export interface Clock {
  /** Milliseconds since 1970, by this machine's wall clock; may jump. */
  wall(): number;
  /** Milliseconds since some start; never goes back. */
  now(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
};
