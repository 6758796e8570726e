import assert from "node:assert/strict";
import { test } from "node:test";
import type { Input } from "../../src/membership/core/effects.ts";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";
import { addressOf, vsn } from "./member.ts";
import { Referee } from "./referee.ts";
import { chaoticRun } from "./run.ts";

/*
 * Does the simulation notice what is wrong? A group whose members cannot refute, or cannot tell each other anything, must
 * fail; and the referee must object to each kind of belief that it is there to object to.
 */

/** By then the group has met. */
const MET = 5_000;

/** What members say to each other, without some of it. */
function without(input: Input, drop: (host: string, message: PacketMessage) => boolean, host: string): Input {
  if (input.kind === "packet") return { ...input, messages: input.messages.filter((message) => !drop(host, message)) };
  if (input.kind !== "asked" && input.kind !== "answered") return input;
  const { message } = input;
  if (message.kind !== "push-pull") return input;
  const states = message.states.filter(({ name, state, incarnation }) => {
    return !drop(host, { kind: state === "alive" ? "dead" : "suspect", node: name, from: "", incarnation });
  });
  return { ...input, message: { ...message, states } };
}

/** How many of ten groups, cut in two for a while, agree in the end. */
function agreeing(spoil?: (host: Host, input: Input, now: number) => Input): number {
  let count = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const lan = new Lan({ seed, rejoin: true, ...(spoil === undefined ? {} : { spoil }) });
    lan.group(8);
    lan.run(MET);
    lan.air.split(lan.hosts.map(({ index }) => index % 2));
    lan.run(9_000);
    lan.air.heal();
    try {
      // By then nobody has forgotten the dead yet, who could else begin anew as strangers.
      lan.until(() => lan.agreed(), lan.profile.gossipToTheDead - 8_000, 50);
      count += 1;
    } catch (thrown) {
      assert.match(String(thrown), /not within/);
    }
  }
  return count;
}

test("of ten groups, all agree with everything in order, and none where nobody refutes", () => {
  assert.equal(agreeing(), 10);
  const isAccused = (host: string, message: PacketMessage): boolean =>
    (message.kind === "suspect" || message.kind === "dead") && message.node === host && message.from !== host;
  assert.equal(
    agreeing(({ name }, input, now) => (now < MET ? input : without(input, isAccused, name))),
    0,
  );
});

test("nor where no news gets around", () => {
  const isNews = (_host: string, { kind }: PacketMessage): boolean =>
    kind === "alive" || kind === "suspect" || kind === "dead";
  assert.equal(
    agreeing(({ name }, input, now) => (now < MET ? input : without(input, isNews, name))),
    0,
  );
  const spoil = ({ name }: Host, input: Input, now: number): Input =>
    now < MET ? input : without(input, isNews, name);
  assert.throws(
    () => chaoticRun({ seed: 3, members: 8, chaos: 30_000, faults: 16, spoil }),
    /seed 3, at .* not within/,
  );
});

test("a member that forgets its incarnation and begins at the bottom again is noticed", () => {
  const lan = new Lan({ seed: 1, watch: refereed() });
  const [victim] = lan.group(3) as [Host];
  referee.watch(lan);
  lan.crash(victim);
  victim.incarnation = -1_000;
  victim.wall = -1_700_000_000_000;
  assert.throws(() => lan.start(victim), /used an incarnation again/);
});

let referee = new Referee();
function refereed(): Referee {
  referee = new Referee();
  return referee;
}

const empty = new Uint8Array();
const known = { name: "m1", address: addressOf(1), meta: empty, vsn, rtt: null, changedAt: 0 } as const;
const alive = { ...known, state: "alive", incarnation: 5 } as const;
const suspect = { ...alive, state: "suspect" } as const;
const dead = { ...alive, state: "dead" } as const;

/** What each line lets m0 come to believe of m1, which is really alive at 5, and what the referee must say to the last of it. */
for (const [why, beliefs] of [
  ["an incarnation fell", [alive, { ...alive, incarnation: 4 }]],
  ["it rose from the dead as it had died", [alive, suspect, dead, alive]],
  ["it was dead", [alive, suspect, dead, suspect]],
  ["somebody else raised its incarnation", [{ ...alive, incarnation: 6 }]],
  ["it has another meta than it said", [{ ...alive, meta: Uint8Array.of(1) }]],
  ["it was buried never accused", [alive, dead]],
  ["what it was before was not told", [alive, suspect, { ...alive, incarnation: 5, state: "left" }]],
] as const) {
  test(`the referee objects: ${why}`, () => {
    const lan = new Lan({ seed: 1 });
    const judge = new Referee();
    judge.watch(lan);
    const [m0, m1] = [lan.add(), lan.add()];
    judge.believed(m1, { ...alive, incarnation: 4 }, null);
    judge.believed(m1, alive, { ...alive, incarnation: 4 });
    const last = beliefs.length - 1;
    const skips = why.startsWith("what it was");
    const say = (at: number): void => {
      const now = beliefs[at];
      if (now !== undefined) judge.believed(m0, now, at === 0 ? null : (beliefs[skips ? 0 : at - 1] ?? null));
    };
    for (let at = 0; at < last; at++) {
      if (at > 0 && beliefs[at] === dead) lan.run(2_000);
      say(at);
    }
    assert.throws(() => say(last), new RegExp(why));
  });
}

test("the referee objects to a member that is buried too soon, forgotten too soon, or gives itself up", () => {
  const lan = new Lan({ seed: 1 });
  const judge = new Referee();
  judge.watch(lan);
  const [m0, m1] = [lan.add(), lan.add()];
  judge.believed(m1, alive, null);
  judge.believed(m0, alive, null);
  assert.throws(() => judge.believed(m0, alive, null), /forgotten too soon, as alive/);
  judge.believed(m0, suspect, alive);
  lan.run(1_000);
  assert.throws(() => judge.believed(m0, dead, suspect), /buried 1000 ms after/);
  assert.throws(() => judge.believed(m1, { ...suspect, incarnation: 6 }, alive), /gave itself up/);
});

test("the referee objects to a packet too large, and to a member that holds too much", () => {
  const lan = new Lan({ seed: 1 });
  const judge = new Referee();
  judge.watch(lan);
  const host = lan.add();
  const send = { kind: "send", to: addressOf(1), parts: [], crc: false, probe: null } as const;
  assert.throws(() => judge.sent(host, send, PROFILES.lan.packetBudget + 1), /a packet of 1201 bytes/);
  const swim = lan.start(host);
  const load = { ...swim.load, timers: 40 };
  const full = { load } as typeof swim;
  assert.throws(() => {
    for (let i = 0; i < 64; i++) judge.stepped(host, full);
  }, /holds too much/);
});
