import assert from "node:assert/strict";
import { test } from "node:test";
import { below } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";

/* Two machines with one identity: whichever began later stops, whatever else happened to either (DESIGN §6). */

const seeds = Array.from({ length: 10 }, (_, i) => i * 6_007 + 3);
const MANY = 400;

interface Race {
  readonly lan: Lan;
  readonly original: Host;
  readonly copy: Host;
  readonly rest: readonly Host[];
  /** Numbers of those that were told to stop, and did. */
  readonly stopped: number[];
}

/** A group of five, one of whose members was copied to a machine that is not started yet. */
function race(seed: number, loss = 0): Race {
  const stopped: number[] = [];
  const lan: Lan = new Lan({
    seed,
    watch: {
      told: (host, effect) => {
        if (effect.kind !== "conflict" || !effect.self) return;
        stopped.push(host.index);
        lan.crash(host);
      },
    },
  });
  const [first, original, ...more] = lan.group(5) as [Host, Host, ...Host[]];
  const copy = lan.add(original.name);
  copy.incarnation = original.incarnation;
  lan.air.weather = { ...lan.air.weather, loss };
  return { lan, original, copy, rest: [first, ...more], stopped };
}

/** Says something new of itself so often, which raises its incarnation each time. */
function announce({ lan }: Race, host: Host, times: number, every = 250): void {
  for (let i = 0; i < times; i++) {
    const meta = Uint8Array.from(host.swim?.member(host.name)?.meta ?? []);
    meta[1] = i & 0xff;
    lan.feed(host, { kind: "meta", meta });
    lan.run(every);
  }
}

function enter({ lan, rest }: Race, host: Host): void {
  lan.start(host);
  lan.join(host, rest[below(lan.random, rest.length)]?.address);
}

/** One of both stops, and the whole group goes on with the other, at its address. */
function settles(given: Race, stays: Host, seed: number, limit = 10_000): void {
  const { lan, rest, stopped, original, copy } = given;
  lan.until(() => stopped.length > 0, limit);
  lan.run(40_000);
  assert.equal(stopped.length, 1, `seed ${seed}: ${stopped}`);
  const left = original.swim === null ? copy : original;
  assert.equal(left, stays, `seed ${seed}`);
  for (const host of rest) assert.deepEqual(host.swim?.member(left.name)?.address, left.address, `seed ${seed}`);
  assert.ok(lan.agreed(), `seed ${seed}`);
}

test("a copy stops, though the original announced itself hundreds of times before and since", () => {
  for (const seed of seeds) {
    const given = race(seed);
    announce(given, given.original, MANY);
    // Before it adds the 1 000 of a start: below, among and above those that the original used.
    given.copy.incarnation = given.original.incarnation - 1_200 + below(given.lan.random, 2_000);
    enter(given, given.copy);
    settles(given, given.original, seed);
  }
});

test("a copy stops, though the original's restarts put its incarnations far above the copy's", () => {
  for (const seed of seeds) {
    const given = race(seed);
    const { lan, original, copy } = given;
    for (let restart = 0; restart < 3; restart++) {
      lan.crash(original);
      lan.run(1_000);
      enter(given, original);
      announce(given, original, 20);
    }
    assert.ok(original.incarnation > copy.incarnation + 2_000);
    enter(given, copy);
    settles(given, original, seed);
  }
});

test("what was restarted while a copy ran began later than it, and stops, though its incarnation is the higher one", () => {
  for (const seed of seeds) {
    const given = race(seed);
    const { lan, original, copy } = given;
    lan.crash(original);
    lan.run(2_000);
    enter(given, copy);
    announce(given, copy, 40);
    original.incarnation = copy.incarnation + 5_000;
    enter(given, original);
    settles(given, copy, seed);
  }
});

test("both announce all the time, and a third of all datagrams is lost: still the later one alone stops", () => {
  for (const seed of seeds) {
    const given = race(seed, 0.3);
    const { lan, original, copy, rest } = given;
    // Streams lose nothing; what is lost here is what both ask each other and what is gossiped of them.
    announce(given, original, 50);
    enter(given, copy);
    for (let i = 0; i < MANY && copy.swim !== null && original.swim !== null; i++) {
      announce(given, original, 1, 20);
      announce(given, copy, 1, 20);
    }
    lan.air.weather = { ...lan.air.weather, loss: 0 };
    assert.equal(rest.length, 4);
    settles(given, original, seed);
  }
});

test("clocks that are wrong by hours may stop the wrong one, but always exactly one; so do clocks that agree", () => {
  for (const seed of seeds) {
    for (const wrong of [-7_200_000, 7_200_000, null]) {
      const given = race(seed);
      const { lan, original, copy } = given;
      announce(given, original, 30);
      // Null: to the millisecond the same, as of a virtual machine that was doubled while it ran.
      copy.wall = wrong ?? -lan.now - original.steady;
      enter(given, copy);
      settles(given, wrong === -7_200_000 ? copy : original, seed);
    }
  }
});

test("two that cannot hear each other, but the same others, still settle which of them stops", () => {
  for (const seed of seeds.slice(0, 4)) {
    const given = race(seed);
    const { lan, original, copy } = given;
    lan.air.deafen(original.index, copy.index);
    lan.air.deafen(copy.index, original.index);
    announce(given, original, 30);
    enter(given, copy);
    // They learn of each other's words only as lists are exchanged, every half a minute.
    settles(given, original, seed, 240_000);
  }
});
