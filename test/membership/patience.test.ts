import assert from "node:assert/strict";
import { test } from "node:test";
import { type Announced, Rejoin, type Sighting } from "../../src/membership/rejoin.ts";
import type { Met } from "../../src/membership/state.ts";
import { seeded } from "../../src/shared/random.ts";
import { Agenda } from "../simulation/agenda.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The wall clock when a test begins. */
const NOW = 1_700_000_000_000;

/** A search on time of its own. `up`: who would answer. */
function searching(met: readonly Met[] = [], announced: readonly Announced[] = []) {
  const agenda = new Agenda();
  const asked: { readonly at: number; readonly address: string }[] = [];
  const kept: (readonly Met[])[] = [];
  const up = new Set<string>();
  const rejoin = new Rejoin({
    met,
    keep: (some) => kept.push(some),
    ask: (addresses, told) => {
      for (const address of addresses) asked.push({ at: agenda.now, address });
      told(addresses.some((address) => up.has(address)));
    },
    announced: () => announced,
    clock: { wall: () => NOW + agenda.now, now: () => agenda.now },
    after: (ms, run) => {
      let due = true;
      agenda.after(ms, () => due && run());
      return () => {
        due = false;
      };
    },
    random: seeded(1),
  });
  const become = (name: string, state: Sighting["state"]): void =>
    rejoin.changed({ wireName: name, state, self: false, host: `10.0.0.${name.length}`, port: 7_946 });
  /** Who was asked since the last time that this was asked. */
  const askedNow = (): string[] => asked.splice(0).map(({ address }) => address);
  return { agenda, asked, askedNow, kept, up, rejoin, become };
}

const ben = (seen: number): Met => ({ name: "ben", address: "10.0.0.3:7946", seen });

test("after a start those are looked for who were last seen three days ago, for hours, and not for ever", () => {
  const { agenda, asked } = searching([ben(NOW - 3 * DAY)]);
  agenda.run(10_000);
  assert.ok(asked.length >= 2, `${asked.length} times before Ben starts, ten seconds after`);
  agenda.run(12 * HOUR);
  assert.ok((asked.at(-1)?.at ?? 0) > 11.9 * HOUR);
  const times = asked.length;
  agenda.run(DAY);
  assert.equal(asked.length, times);
});

test("a member that woke looks for everybody, and for the missing with new patience", () => {
  const { agenda, askedNow, up, rejoin } = searching([ben(NOW)]);
  agenda.run(DAY);
  askedNow();
  rejoin.back();
  agenda.run(5_000);
  assert.ok(askedNow().length >= 2);
  up.add("10.0.0.3:7946");
  agenda.run(11 * HOUR);
  assert.ok(askedNow().length > 600);
});

test("who died is looked for at once, and less and less often; who left is not", () => {
  const { agenda, asked, become } = searching();
  become("ben", "alive");
  become("anna", "alive");
  agenda.run(HOUR);
  assert.equal(asked.length, 0);
  become("ben", "left");
  become("anna", "dead");
  const lost = agenda.now;
  agenda.run(HOUR);
  assert.deepEqual([...new Set(asked.map(({ address }) => address))], ["10.0.0.4:7946"]);
  const pauses = asked.map(({ at }, i) => at - (asked[i - 1]?.at ?? lost));
  assert.ok((pauses[0] ?? 0) <= 3_000 && pauses.every((pause) => pause <= 90_000), pauses.join());
  assert.ok(asked.length < 120, `${asked.length} times in an hour`);
  become("ben", "alive");
  become("ben", "dead");
  agenda.run(10_000);
  assert.ok(asked.some(({ address }) => address === "10.0.0.3:7946"));
});

test("that somebody is here is kept every few minutes, and on a stop: what was seen last is no old news", () => {
  const { agenda, kept, become, rejoin } = searching();
  become("ben", "alive");
  assert.deepEqual(kept.splice(0), [[ben(NOW)]]);
  agenda.run(HOUR);
  assert.ok(kept.length >= 10 && kept.length <= 15, `${kept.length} times in an hour`);
  agenda.run(60_000);
  rejoin.stop();
  assert.deepEqual(kept.at(-1), [ben(NOW + agenda.now)]);
  const times = kept.length;
  agenda.run(DAY);
  assert.equal(kept.length, times);
});

test("however many come, leave and die, no more than 128 are remembered, and those seen longest ago are not", () => {
  const met = Array.from({ length: 128 }, (_, i) => ({ name: `m${i}`, address: `10.1.0.${i}:7946`, seen: NOW - i }));
  const { kept, become } = searching(met);
  for (let i = 0; i < 1_000; i++) {
    become(`m${i}x`, "alive");
    become(`m${i}x`, i % 2 === 0 ? "left" : "dead");
  }
  assert.equal(kept.at(-1)?.length, 128);
  const { kept: first, become: newcomer } = searching(met);
  newcomer("new", "alive");
  assert.deepEqual(
    first
      .at(-1)
      ?.map(({ name }) => name)
      .sort(),
    [...met.slice(0, 127).map(({ name }) => name), "new"].sort(),
  );
});

test("who announces itself at an address where others do not find it is no stranger once it is here", () => {
  const behindRouter = { wireName: "ben", addresses: ["192.168.7.7:7946"] };
  const other = { wireName: "eve", addresses: ["10.0.0.9:7946", "10.0.1.9:7946"] };
  const { agenda, askedNow, become } = searching([], [behindRouter, other]);
  agenda.run(60_000);
  assert.deepEqual([...new Set(askedNow())].sort(), ["10.0.0.9:7946", "10.0.1.9:7946", "192.168.7.7:7946"]);
  become("ben", "alive");
  agenda.run(HOUR);
  assert.deepEqual([...new Set(askedNow())].sort(), ["10.0.0.9:7946", "10.0.1.9:7946"]);
});
