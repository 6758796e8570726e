import assert from "node:assert/strict";
import { test } from "node:test";
import { Lookout } from "../../src/app/rotation/lookout.ts";
import { type Log, silentLog } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import { until } from "../support/until.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const named = (letter: string, count: number) => Array.from({ length: count }, (_, at) => `${letter}${at}`);

/** The seats of the first round, as letters in order: "f" of those known best, "r" of the rest. */
async function firstRound(first: number, rest: number): Promise<string> {
  const asked: string[] = [];
  const lookout = new Lookout<string>({
    whom: () => ({ first: named("f", first), rest: named("r", rest) }),
    ask: async (member) => {
      asked.push(member);
    },
    random: seeded(SEED),
    log: silentLog,
  });
  lookout.soon();
  await until("some are asked", () => asked.length > 0);
  lookout.stop();
  assert.equal(new Set(asked).size, asked.length, "nobody twice");
  return asked.map(([letter]) => letter).join("");
}

test(`of three seats those of hearsay have one, however many wait, and more where nobody known better is missing (seed ${SEED})`, async () => {
  const rounds = await Promise.all([
    firstRound(100, 256),
    firstRound(2, 256),
    firstRound(1, 256),
    firstRound(0, 256),
    firstRound(100, 0),
    firstRound(100, 1),
    firstRound(1, 1),
  ]);
  assert.deepEqual(rounds, ["ffr", "ffr", "frr", "rrr", "fff", "ffr", "fr"]);
});

test(`everybody who waits gets a seat in time, the one stranger among many made-up ones too (seed ${SEED})`, () => {
  // The pauses are as long as they are: what is looked at is who is picked, round after round.
  const random = seeded(SEED);
  const rounds: string[][] = [];
  const whom = () => ({ first: named("f", 4), rest: named("r", 256) });
  const lookout = new Lookout<string>({ whom, ask: async () => undefined, random, log: silentLog });
  for (let round = 0; round < 4_000; round++) rounds.push(lookout.seats());
  const seated = new Set(rounds.flat());
  assert.equal(seated.size, 260);
  assert.ok(rounds.every((seats) => seats.filter((one) => one.startsWith("r")).length === 1));
});

test("a question that fails in an unforeseen way is told, and is not the last one", async () => {
  const told: string[] = [];
  const log: Log = { ...silentLog, error: (message, fields) => told.push(`${message}: ${fields?.why}`) };
  let asked = 0;
  const ask = () => {
    asked += 1;
    return Promise.reject(new Error("the sky fell"));
  };
  const lookout = new Lookout({ whom: () => ({ first: ["f"], rest: [] }), ask, random: { next: () => 0 }, log });
  lookout.soon();
  await until("it asks again", () => asked === 2);
  lookout.stop();
  assert.equal(told[0], "Cannot ask for members that are missing: the sky fell");
});
