import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../src/membership/core/nodes.ts";
import { pick } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";
import { addressOf, presentFor } from "./member.ts";
import type { LanOptions } from "./options.ts";

/** Seeds of this run: fixed, so that a failure is the same everywhere. */
const seeds = Array.from({ length: 20 }, (_, i) => i * 7_919 + 1);

const believes = (host: Host, about: Host): string | undefined => host.swim?.member(about.name)?.state;
const some = (lan: Lan, hosts: readonly Host[], count: number): Host[] => pick(lan.random, hosts, count);

/** A network, and all that its members came to believe. */
function watched(options: LanOptions): { readonly lan: Lan; readonly beliefs: [Host, Node][] } {
  const beliefs: [Host, Node][] = [];
  return { lan: new Lan({ ...options, watch: { believed: (host, now) => beliefs.push([host, now]) } }), beliefs };
}

test("a run is a pure function of its seed", () => {
  const history = (seed: number): unknown => {
    const { lan, beliefs } = watched({ seed, encoded: true });
    lan.air.weather = { loss: 0.1, delay: 1, jitter: 10, duplicated: 0.1, held: 0.1 };
    const hosts = lan.group(6);
    lan.crash(hosts[2] as Host);
    lan.run(8_000);
    return [
      hosts.map(({ sent }) => sent),
      beliefs.map(([host, { name, state, changedAt }]) => [host.name, name, state, changedAt]),
    ];
  };
  assert.deepEqual(history(5), history(5));
  assert.notDeepEqual(history(5), history(6));
});

for (const count of [2, 3, 4, 8, 16]) {
  test(`a killed member is gone from all lists of ${count} in under 5 s, and nobody else is`, () => {
    for (const seed of seeds) {
      const lan = new Lan({ seed });
      const hosts = lan.group(count);
      lan.run(lan.random.next() * 5_000);
      const [victim] = some(lan, hosts, 1) as [Host];
      lan.crash(victim);
      const took = lan.until(() => lan.running().every((host) => believes(host, victim) === "dead"), 8_000);
      assert.ok(took < 5_000, `seed ${seed}: ${took} ms`);
      for (const host of lan.running()) assert.equal(presentFor(host), count - 1, `seed ${seed}`);
    }
  });
}

test("a member killed soon after another left or died is gone in under 5 s too", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const [leaver, ...victims] = some(lan, lan.group(5), 3) as [Host, Host, Host];
    lan.leave(leaver);
    lan.until(() => leaver.swim === null, 2_000);
    for (const victim of victims) {
      lan.crash(victim);
      const took = lan.until(() => lan.running().every((host) => believes(host, victim) === "dead"), 8_000);
      assert.ok(took < 5_000, `seed ${seed}: ${took} ms`);
    }
  }
});

test("a leaving member is left on all lists of 16 in under half a second, and done within a second", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const hosts = lan.group(16);
    const [leaver] = some(lan, hosts, 1) as [Host];
    lan.leave(leaver);
    const start = lan.now;
    const others = hosts.filter((host) => host !== leaver);
    const took = lan.until(() => others.every((host) => believes(host, leaver) === "left"), 3_000);
    assert.ok(took < 500, `seed ${seed}: ${took} ms`);
    lan.until(() => leaver.swim === null, 2_000);
    assert.ok(lan.now - start <= 1_010, `seed ${seed}`);
  }
});

test("new meta is known to eight members within 50 ms", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const hosts = lan.group(8);
    lan.run(3_000);
    const [teller] = some(lan, hosts, 1) as [Host];
    lan.feed(teller, { kind: "meta", meta: Uint8Array.of(1, 2, 3) });
    const took = lan.until(() => hosts.every((host) => host.swim?.member(teller.name)?.meta.length === 3), 3_000);
    assert.ok(took < 50, `seed ${seed}: ${took} ms`);
  }
});

test("with a tenth of all datagrams lost, nobody is called dead in a minute", () => {
  for (const seed of seeds.slice(0, 5)) {
    const { lan, beliefs } = watched({ seed });
    const hosts = lan.group(8);
    lan.air.weather = { ...lan.air.weather, loss: 0.1 };
    lan.run(60_000);
    assert.deepEqual(
      beliefs.filter(([, { state }]) => state === "dead"),
      [],
      `seed ${seed}`,
    );
    for (const host of hosts) assert.equal(presentFor(host), 8, `seed ${seed}`);
  }
});

test("two members that cannot hear each other do not call each other dead: a third asks for them", () => {
  const { lan, beliefs } = watched({ seed: 3 });
  const [a, b] = lan.group(4) as [Host, Host];
  lan.air.cut(a.index, b.index);
  lan.air.cut(b.index, a.index);
  lan.run(30_000);
  assert.deepEqual(
    beliefs.filter(([, { state }]) => state !== "alive"),
    [],
  );
});

test("members between which only streams get through go on believing in each other", () => {
  const { lan, beliefs } = watched({ seed: 3 });
  const [a, b] = lan.group(2) as [Host, Host];
  lan.air.deafen(a.index, b.index);
  lan.air.deafen(b.index, a.index);
  lan.run(30_000);
  assert.deepEqual(
    beliefs.filter(([, { state }]) => state !== "alive"),
    [],
  );
});

for (const [what, seconds] of [
  ["before the others forget it", 20],
  ["after the others forgot it", 60],
] as const) {
  for (const lag of [true, false]) {
    test(`a member that slept and wakes ${what} is back for all in 5 s, ${lag ? "told of it" : "by its clock"}`, () => {
      for (const seed of seeds) {
        const lan = new Lan({ seed, lag, rejoin: true });
        const sleeper = lan.group(6)[3] as Host;
        lan.ail(sleeper, "asleep", seconds * 1_000, lag);
        lan.run(seconds * 1_000 - 1);
        for (const host of lan.running()) if (host !== sleeper) assert.equal(presentFor(host), 5, `seed ${seed}`);
        const took = lan.until(() => lan.agreed(), 10_000);
        assert.ok(took < 5_000, `seed ${seed}: ${took} ms`);
      }
    });
  }
}

test("a stopped member buries nobody when it goes on, and neither does one whose clock jumps", () => {
  for (const lag of [true, false]) {
    for (const seed of seeds) {
      const { lan, beliefs } = watched({ seed, lag });
      const [stopped, jumping, ...rest] = lan.group(8) as [Host, Host, ...Host[]];
      lan.ail(stopped, "stopped", 60_000);
      lan.run(30_000);
      lan.jump(jumping, 60_000);
      lan.run(60_000);
      const buried = beliefs.filter(
        ([host, { state, name }]) => state === "dead" && (host === stopped || name !== stopped.name),
      );
      assert.deepEqual(
        buried.map(([host, { name }]) => `${host.name} ${name}`),
        [],
        `seed ${seed}`,
      );
      assert.ok(rest.length === 6 && lan.agreed(), `seed ${seed}`);
    }
  }
});

for (const [cut, within] of [
  [45, 15],
  [120, 30],
  [3_600, 60],
] as const) {
  test(`two halves apart for ${cut} s, which buried and forgot each other, are one again within ${within} s`, () => {
    for (const seed of seeds.slice(0, cut > 1_000 ? 1 : 20)) {
      const lan = new Lan({ seed, rejoin: true });
      const hosts = lan.group(4);
      lan.air.split(hosts.map(({ index }) => index % 2));
      lan.run(cut * 1_000);
      for (const host of hosts) assert.equal(host.swim?.members().length, 2, `seed ${seed}`);
      lan.air.heal();
      const took = lan.until(() => lan.agreed(), 90_000);
      assert.ok(took < within * 1_000, `seed ${seed}: ${took} ms`);
    }
  });
}

test("a member that is back at another address is believed at once, by those too who hold its old one", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed, rejoin: true });
    const [mover, ...rest] = lan.group(6) as [Host, ...Host[]];
    lan.crash(mover);
    lan.move(mover, addressOf(mover.index, 9_999));
    lan.start(mover);
    const took = lan.until(() => rest.every((host) => host.swim?.member(mover.name)?.address.port === 9_999), 5_000);
    assert.ok(took < 1_000, `seed ${seed}: ${took} ms`);
  }
});

test("of two machines with one identity, the one that began later stops, and the group goes on with the first", () => {
  for (const seed of seeds) {
    const stopped: string[] = [];
    const lan: Lan = new Lan({
      seed,
      watch: {
        told: (host, effect) => {
          if (effect.kind !== "conflict" || !effect.self) return;
          stopped.push(`${host.index} for ${effect.theirs.host[3]}`);
          lan.crash(host);
        },
      },
    });
    const [, first, ...rest] = lan.group(5) as [Host, Host, ...Host[]];
    lan.run(30_000 * lan.random.next());
    const copy = lan.add(first.name);
    lan.start(copy);
    lan.join(copy, rest[0]?.address);
    lan.until(() => stopped.length > 0, 10_000);
    lan.run(10_000);
    assert.deepEqual(stopped, [`${copy.index} for ${first.index}`], `seed ${seed}`);
    for (const host of rest) assert.deepEqual(host.swim?.member(first.name)?.address, first.address, `seed ${seed}`);
    assert.ok(lan.agreed(), `seed ${seed}`);
  }
});

test("dead and left members are forgotten after half a minute, not before", () => {
  const lan = new Lan({ seed: 9 });
  const [leaver, victim, ...rest] = lan.group(5) as [Host, Host, ...Host[]];
  lan.leave(leaver);
  lan.crash(victim);
  lan.until(() => rest.every((host) => believes(host, leaver) === "left" && believes(host, victim) === "dead"), 8_000);
  lan.run(25_000);
  for (const host of rest) assert.equal(host.swim?.members().length, 5);
  lan.run(10_000);
  for (const host of rest) assert.equal(host.swim?.members().length, 3);
});

test("members that fill their meta still fit their news into packets, in a group of forty", () => {
  const lan = new Lan({ seed: 10, meta: 512, encoded: true });
  lan.group(40);
  assert.ok(lan.now < 10_000, `${lan.now} ms`);
});

test("a goodbye to nobody is done at once", () => {
  const lan = new Lan({ seed: 11 });
  const [alone] = lan.group(1) as [Host];
  lan.leave(alone);
  assert.deepEqual([alone.swim, alone.goodbyes, lan.now], [null, 1, 0]);
});
