import assert from "node:assert/strict";
import { test } from "node:test";
import { type Host, Lan, some } from "./lan.ts";

/** Seeds of this run: fixed, so that a failure is the same everywhere. */
const seeds = Array.from({ length: 20 }, (_, i) => i * 7_919 + 1);

const believes = (host: Host, about: Host): string | undefined => host.swim.member(about.name)?.state;

test("a run is a pure function of its seed", () => {
  const history = (seed: number): unknown => {
    const lan = new Lan({ seed, loss: 0.1 });
    const hosts = lan.group(6);
    (hosts[2] as Host).up = false;
    lan.run(8_000);
    return hosts.map(({ told, packets }) => [
      packets,
      told.map(({ name, state, changedAt }) => [name, state, changedAt]),
    ]);
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
      victim.up = false;
      const rest = hosts.filter((host) => host !== victim);
      const took = lan.until(() => rest.every((host) => believes(host, victim) === "dead"), 8_000);
      assert.ok(took < 5_000, `seed ${seed}: ${took} ms`);
      for (const host of rest) assert.equal(lan.alive(host).length, count - 1, `seed ${seed}`);
    }
  });
}

test("a member killed soon after another left or died is gone in under 5 s too", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const hosts = lan.group(5);
    const [a, b, c, ...rest] = some(lan, hosts, 5) as [Host, Host, Host, Host, Host];
    lan.feed(a, { kind: "leave", farewell: null });
    lan.until(() => a.left !== null, 2_000);
    a.up = false;
    for (const victim of [b, c]) {
      victim.up = false;
      const judges = [b, c, ...rest].filter(({ up }) => up);
      const took = lan.until(() => judges.every((host) => believes(host, victim) === "dead"), 8_000);
      assert.ok(took < 5_000, `seed ${seed}: ${took} ms`);
    }
  }
});

test("a leaving member is left on all lists of 16 in under half a second, and done within a second", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const hosts = lan.group(16);
    const [leaver] = some(lan, hosts, 1) as [Host];
    lan.feed(leaver, { kind: "leave", farewell: { kind: "user", bytes: Uint8Array.of(0) } });
    const start = lan.now;
    const took = lan.until(() => hosts.every((host) => believes(host, leaver) === "left"), 3_000);
    assert.ok(took < 500, `seed ${seed}: ${took} ms`);
    lan.until(() => leaver.left !== null, 2_000);
    assert.ok((leaver.left ?? 0) - start <= 1_000, `seed ${seed}`);
  }
});

test("new meta is known to eight members within 50 ms", () => {
  for (const seed of seeds) {
    const lan = new Lan({ seed });
    const hosts = lan.group(8);
    lan.run(3_000);
    const [teller] = some(lan, hosts, 1) as [Host];
    lan.feed(teller, { kind: "meta", meta: Uint8Array.of(1, 2, 3) });
    const took = lan.until(() => hosts.every((host) => host.swim.member(teller.name)?.meta.length === 3), 3_000);
    assert.ok(took < 50, `seed ${seed}: ${took} ms`);
  }
});

test("with a tenth of all datagrams lost, nobody is called dead in a minute", () => {
  for (const seed of seeds.slice(0, 5)) {
    const lan = new Lan({ seed, loss: 0.1 });
    const hosts = lan.group(8);
    lan.run(60_000);
    for (const host of hosts) {
      const dead = host.told.filter(({ state }) => state === "dead");
      assert.deepEqual(dead, [], `seed ${seed}`);
      assert.equal(lan.alive(host).length, 8, `seed ${seed}`);
    }
  }
});

test("two members that cannot hear each other do not call each other dead: a third asks for them", () => {
  const cut = new Set(["m0 m1", "m1 m0"]);
  const lan = new Lan({ seed: 3, blocked: (from, to) => cut.has(`${from} ${to}`) });
  const hosts = lan.group(4);
  lan.run(30_000);
  for (const host of hosts)
    assert.deepEqual(
      host.told.filter(({ state }) => state !== "alive"),
      [],
    );
});

test("a member that hears nobody for a while refutes its death when it hears again, and is alive for all", () => {
  let deaf = false;
  const lan = new Lan({ seed: 4, blocked: (from, to) => deaf && (from === "m3" || to === "m3") });
  const hosts = lan.group(6);
  const deafOne = hosts[3] as Host;
  const rest = hosts.filter((host) => host !== deafOne);
  deaf = true;
  // Streams still work in this network, so the fallback ping keeps it alive: cut those too.
  deafOne.up = false;
  lan.until(() => rest.every((host) => believes(host, deafOne) === "dead"), 10_000);
  const before = rest[0]?.swim.member("m3")?.incarnation ?? 0;
  deaf = false;
  deafOne.up = true;
  lan.until(() => hosts.every((host) => believes(host, deafOne) === "alive"), 40_000);
  assert.ok((rest[0]?.swim.member("m3")?.incarnation ?? 0) > before);
});

test("dead and left members are forgotten after half a minute, not before", () => {
  const lan = new Lan({ seed: 9 });
  const hosts = lan.group(5);
  const [a, b, ...rest] = hosts as [Host, Host, Host, Host, Host];
  lan.feed(a, { kind: "leave", farewell: null });
  b.up = false;
  lan.until(() => a.left !== null, 2_000);
  a.up = false;
  lan.until(() => rest.every((host) => believes(host, a) === "left" && believes(host, b) === "dead"), 8_000);
  lan.run(25_000);
  for (const host of rest) assert.equal(host.swim.members().length, 5);
  lan.run(10_000);
  for (const host of rest) assert.equal(host.swim.members().length, 3);
});

test("a member that fills its meta still fits its news into packets, for a group of forty", () => {
  const lan = new Lan({ seed: 10 });
  const first = lan.add("first", { meta: new Uint8Array(512) });
  const others = Array.from({ length: 39 }, (_, i) => lan.add(`other-${i}`, { meta: new Uint8Array(512) }));
  for (const other of others) lan.join(other, first);
  const all = [first, ...others];
  const took = lan.until(() => all.every((host) => lan.alive(host).length === 40), 20_000);
  assert.ok(took < 10_000, `${took} ms`);
});

test("a goodbye to nobody is done at once", () => {
  const lan = new Lan({ seed: 11 });
  const alone = lan.add("alone");
  lan.feed(alone, { kind: "leave", farewell: { kind: "user", bytes: Uint8Array.of(0) } });
  assert.equal(alone.left, 0);
  assert.equal(alone.swim.member("alone")?.state, "left");
});
