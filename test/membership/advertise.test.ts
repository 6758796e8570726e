import assert from "node:assert/strict";
import { test } from "node:test";
import { Advertised } from "../../src/membership/advertise.ts";
import { toEndpoint } from "../../src/membership/endpoint.ts";
import type { OwnHost } from "../../src/membership/interfaces.ts";

const outside = (host: string): OwnHost => ({ host, inside: false });
const inside = (host: string): OwnHost => ({ host, inside: true });
/** What names stand for. "box" is this machine, as Debian has it. */
const names = new Map([["box", ["127.0.1.1"]]]);

/** An advertised address of a machine whose addresses can be changed, and what names stand for. */
async function of(bind: string, hosts: OwnHost[], asked: { host: string; port: number | null } | null = null) {
  const machine = { hosts };
  const bound = { host: bind, port: 7_946 };
  const advertised = await Advertised.of(bound, asked, {
    hosts: (v6) => machine.hosts.filter(({ host }) => v6 || !host.includes(":")),
    lookup: (name) => Promise.resolve(names.get(name) ?? Promise.reject(new Error("no such name"))),
  });
  const now = (): string => toEndpoint(advertised.current).host;
  return { advertised, machine, now };
}

test("the machine's first address is advertised, loopback where there is none", async () => {
  assert.equal((await of("0.0.0.0", [outside("192.168.1.5"), inside("172.17.0.1")])).now(), "192.168.1.5");
  assert.equal((await of("0.0.0.0", [outside("fd00::5")])).now(), "127.0.0.1");
  assert.equal((await of("::", [outside("fd00::5")])).now(), "fd00::5");
});

test("an address that the machine has lost is replaced by one of its kind, and kept while there is none", async () => {
  const { advertised, machine, now } = await of("::", [outside("192.168.1.5"), outside("fd00::5")]);
  advertised.confirm();
  machine.hosts = [outside("fd00::5"), outside("10.0.0.9")];
  assert.deepEqual(toEndpoint(advertised.recheck() ?? advertised.current), { host: "10.0.0.9", port: 7_946 });
  assert.equal(advertised.recheck(), null, "told once");
  machine.hosts = [inside("172.17.0.1")];
  assert.equal(advertised.recheck(), null, "containers are no network");
  machine.hosts = [];
  assert.equal(advertised.recheck(), null);
  machine.hosts = [inside("172.17.0.1"), outside("fd00::6")];
  assert.notEqual(advertised.recheck(), null);
  assert.equal(now(), "fd00::6");
});

test("an address that is still there stays, whatever comes beside it", async () => {
  const { advertised, machine, now } = await of("0.0.0.0", [outside("192.168.1.5")]);
  machine.hosts = [outside("10.0.0.9"), outside("192.168.1.5")];
  assert.equal(advertised.recheck(), null);
  assert.equal(now(), "192.168.1.5");
});

test("a stream shows a better address until lists were exchanged, and again after the machine moved", async () => {
  const { advertised, machine, now } = await of("0.0.0.0", [outside("192.168.1.5"), outside("10.0.0.9")]);
  assert.equal(advertised.adopt({ host: "127.0.0.1", port: 1 }), null);
  assert.equal(advertised.adopt({ host: "fe80::1%eth0", port: 1 }), null);
  assert.notEqual(advertised.adopt({ host: "::ffff:10.0.0.9", port: 1 }), null);
  advertised.confirm();
  assert.equal(advertised.adopt({ host: "192.168.1.5", port: 1 }), null);
  machine.hosts = [outside("192.168.7.5"), outside("10.7.0.9")];
  advertised.recheck();
  advertised.adopt({ host: "10.7.0.9", port: 1 });
  assert.equal(now(), "10.7.0.9");
});

test("what was asked for, or bound, stays whatever the machine has", async () => {
  for (const { advertised, machine } of [
    await of("0.0.0.0", [outside("192.168.1.5")], { host: "203.0.113.7", port: null }),
    await of("192.168.1.5", [outside("192.168.1.5")]),
  ]) {
    machine.hosts = [outside("10.0.0.9")];
    assert.equal(advertised.recheck(), null);
    assert.equal(advertised.adopt({ host: "10.0.0.9", port: 1 }), null);
  }
});

test("a name is advertised as what it stands for, of the kinds that are listened for, IPv4 first", async () => {
  const first = async (bind: string, stands: string[]) => {
    names.set("nas", stands);
    return (await of(bind, [], { host: "nas", port: 4_000 })).now();
  };
  assert.equal(await first("0.0.0.0", ["fd00::7", "192.168.1.7"]), "192.168.1.7");
  assert.equal(await first("::", ["fd00::7", "192.168.1.7"]), "192.168.1.7");
  assert.equal(await first("::", ["fe80::7", "fd00::7"]), "fd00::7");
  assert.equal(await first("fd00::1", ["192.168.1.7", "fd00::7"]), "fd00::7");
  assert.equal(await first("0.0.0.0", ["127.0.1.1", "192.168.1.7"]), "192.168.1.7");
  assert.equal(await first("127.0.0.2", ["127.0.1.1"]), "127.0.1.1", "where loopback is listened at, it leads here");
});

test("a name that leads nobody here is refused, saying what it stands for", async () => {
  const refused = async (bind: string, host: string) =>
    assert.rejects(of(bind, [], { host, port: null }), { code: "invalid" });
  await assert.rejects(of("0.0.0.0", [], { host: "box", port: null }), /Cannot advertise "box": .* 127\.0\.1\.1/);
  names.set("six", ["fd00::7"]);
  await refused("0.0.0.0", "six");
  names.set("none", ["0.0.0.0"]);
  await refused("0.0.0.0", "none");
  await refused("0.0.0.0", "nowhere");
});

test("when a name comes to stand for another address, that is advertised; while it is not known, the old one", async () => {
  names.set("nas", ["192.168.1.7"]);
  const { advertised, now } = await of("0.0.0.0", [], { host: "nas", port: 4_000 });
  assert.equal(await advertised.lookAgain(), null);
  names.set("nas", ["192.168.1.1", "192.168.1.7"]);
  assert.equal(await advertised.lookAgain(), null, "it still stands for the old one as well");
  names.delete("nas");
  assert.equal(await advertised.lookAgain(), null);
  names.set("nas", ["127.0.1.1"]);
  assert.equal(await advertised.lookAgain(), null);
  names.set("nas", ["192.168.1.9"]);
  assert.deepEqual(toEndpoint((await advertised.lookAgain()) ?? advertised.current), {
    host: "192.168.1.9",
    port: 4_000,
  });
  assert.equal(now(), "192.168.1.9");
  const { advertised: literal } = await of("0.0.0.0", [], { host: "192.0.2.1", port: null });
  assert.equal(await literal.lookAgain(), null);
});

test("every address of a machine that listens on all leads here, at its port only", async () => {
  const { advertised } = await of("0.0.0.0", [outside("192.168.1.5"), inside("172.17.0.1")]);
  const at = (host: number[], port: number) => ({ host: Uint8Array.from(host), port });
  assert.ok(advertised.leadsHere(at([192, 168, 1, 5], 7_946)));
  assert.ok(advertised.leadsHere(at([172, 17, 0, 1], 7_946)));
  assert.ok(advertised.leadsHere(at([127, 0, 0, 1], 7_946)));
  assert.ok(!advertised.leadsHere(at([192, 168, 1, 5], 7_950)));
  assert.ok(!advertised.leadsHere(at([192, 168, 1, 6], 7_946)));
  const { advertised: one } = await of("192.168.1.5", [outside("192.168.1.5"), outside("10.0.0.9")]);
  assert.ok(!one.leadsHere(at([10, 0, 0, 9], 7_946)));
});

test("further addresses are those of the hosts that are not advertised, however they are written", async () => {
  const { advertised } = await of("::", [outside("fd00::5")]);
  assert.deepEqual(advertised.further(["fd00:0:0::5", "10.0.0.9", "example.org"]), ["10.0.0.9", "example.org"]);
});
