import assert from "node:assert/strict";
import type { Lifeguard } from "../../src/membership/core/core.ts";
import { accuse, alive, OneMember } from "./one-member.ts";

export interface ProbingOptions {
  /** Points of health when the probe begins. */
  readonly health?: number;
  /** Versions of the others. */
  readonly vsn?: Uint8Array;
  readonly lifeguard?: Lifeguard;
}

/** m0 among m1 to m4, a probe just begun: which one it probes, with which number. */
export function probing({ health = 0, vsn, lifeguard }: ProbingOptions = {}): {
  readonly one: OneMember;
  readonly target: number;
  readonly seq: number;
} {
  const one = new OneMember({ config: lifeguard === undefined ? {} : { lifeguard } });
  one.hear(...[1, 2, 3, 4].map((index) => alive(index, 5, vsn === undefined ? {} : { vsn })));
  for (let i = 0; i < health; i++) one.hear(accuse("suspect", 0, 10 + i));
  one.drain();
  one.fire("probe");
  const [target, [ping]] = one.sent[0] ?? [0, []];
  assert.ok(ping?.kind === "ping");
  return { one, target, seq: ping.seq };
}
