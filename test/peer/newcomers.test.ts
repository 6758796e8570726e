import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { test } from "node:test";
import { Newcomers } from "../../src/shared/newcomers.ts";
import { ask, attempt, clientOf, serve, somebody } from "./world.ts";

/** With a rate of 10 a second and 5 at once for one host, and of 20 and 8 for all. */
function newcomers(members: () => string[] = () => []) {
  const clock = { ms: 0 };
  const ceilings = { each: { perSecond: 10, atOnce: 5 }, all: { perSecond: 20, atOnce: 8 } };
  const made = new Newcomers(members, ceilings, () => clock.ms);
  const admitted = (address: string, tries = 100) =>
    Array.from({ length: tries }, () => made.admits(address)).filter(Boolean).length;
  return { made, clock, admitted };
}

test("a stranger's host gets so many handshakes at once and then its rate, whatever it tries", () => {
  const { clock, admitted } = newcomers();
  assert.equal(admitted("192.0.2.1"), 5);
  clock.ms += 200;
  assert.equal(admitted("192.0.2.1"), 2);
  clock.ms += 3_600_000;
  assert.equal(admitted("::ffff:192.0.2.1"), 5);
});

test("one host's flood leaves others' share alone, that of many together has a ceiling, and one /64 is one host", () => {
  const { clock, admitted } = newcomers();
  assert.equal(admitted("192.0.2.1"), 5);
  assert.equal(admitted("192.0.2.2"), 3);
  assert.equal(admitted("192.0.2.3"), 0);
  clock.ms += 1_000;
  assert.equal(admitted("2001:db8::1") + admitted("2001:db8::2"), 5);
});

test("a host where a member is, or proved to be, is let in whatever strangers do; an hour later only where one is", () => {
  const members = ["192.0.2.9", "2001:db8:1::1"];
  const { made, clock, admitted } = newcomers(() => members);
  for (let host = 1; host < 8; host++) admitted(`198.51.100.${host}`);
  assert.equal(admitted("192.0.2.9"), 100);
  assert.equal(admitted("2001:db8:1::2"), 100);
  assert.equal(admitted("192.0.2.8"), 0);
  made.proven("192.0.2.8");
  assert.equal(admitted("192.0.2.8"), 100);
  clock.ms += 3_600_001;
  members.pop();
  assert.deepEqual([admitted("192.0.2.9"), admitted("192.0.2.8"), admitted("2001:db8:1::2")], [100, 5, 3]);
});

test("a flood of a stranger's handshakes costs few of them, and a member from elsewhere is answered amid it", async (t) => {
  const [bob, eve] = [await somebody(), await somebody()];
  const served = await serve(t, [bob]);
  const flood = Array.from({ length: 300 }, async (_, number) => {
    const options = { port: served.port, host: "127.0.0.1", localAddress: "127.0.0.66" };
    const socket = createConnection(options);
    socket.on("error", () => undefined);
    const { ended } = attempt(t, served.port, { ...eve.certificate, socket });
    if (number === 200) assert.equal((await ask(clientOf(t, bob), served.address)).text, bob.id);
    assert.equal(await ended, "");
  });
  await Promise.all(flood);
  const { handshakes, strangers } = served.server.counters;
  const { tooFast } = served.server;
  t.diagnostic(`${strangers} handshakes of the stranger, ${tooFast} connections refused`);
  assert.ok(strangers <= 128 && handshakes - strangers >= 1, `${strangers} of 300 got as far as a handshake`);
  assert.equal(strangers + tooFast >= 250, true);
});
