import { below, pick, type Random } from "../../src/shared/random.ts";
import { CALM, type Weather } from "./air.ts";
import type { Host } from "./host.ts";
import type { Lan } from "./lan.ts";
import { addressOf } from "./member.ts";

/** One thing that goes wrong, and how long it stays wrong, in milliseconds. */
type Fault = (lan: Lan, random: Random, ms: number) => void;

/** Nothing lasts shorter or longer; a goodbye has this much time. */
const SHORTEST = 100;
const LONGEST = 20_000;
const COME_BACK = 2_000;
/** The share of what goes wrong that goes on until the network is well again, or for as long as it can. */
const TO_THE_END = 0.4;

/** What can happen to a group. Each is as likely as any other. */
const FAULTS: Record<string, Fault> = {
  crash: (lan, random) => some(lan, random, (host) => lan.crash(host)),
  "crash and restart": (lan, random, ms) => some(lan, random, (host) => restartLater(lan, host, ms, false)),
  "restart at another address": (lan, random, ms) => some(lan, random, (host) => restartLater(lan, host, ms, true)),
  "leave and come back": (lan, random, ms) => {
    some(lan, random, (host) => {
      const { runs } = host;
      lan.leave(host);
      lan.agenda.after(Math.max(COME_BACK, ms), () => host.runs === runs + 1 && host.swim === null && lan.start(host));
    });
  },
  leave: (lan, random) => some(lan, random, (host) => lan.leave(host)),
  slow: (lan, random, ms) => some(lan, random, (host) => lan.ail(host, "slow", ms)),
  "slow now and then": (lan, random, ms) => {
    some(lan, random, (host) => {
      for (let at = 0; at < ms; at += 1_000) lan.agenda.after(at, () => lan.ail(host, "slow", 900));
    });
  },
  stop: (lan, random, ms) => some(lan, random, (host) => lan.ail(host, "stopped", ms)),
  sleep: (lan, random, ms) => some(lan, random, (host) => lan.ail(host, "asleep", ms, random.next() < 0.5)),
  jump: (lan, random, ms) => some(lan, random, (host) => lan.jump(host, ms)),
  "wall clock goes back": (lan, random, ms) => {
    some(lan, random, (host) => {
      host.wall -= 3_600_000;
      restartLater(lan, host, ms, false);
    });
  },
  "one-way cut": (lan, random) => pair(lan, random, (a, b) => lan.air.cut(a.index, b.index)),
  "no datagrams between two": (lan, random) => {
    pair(lan, random, (a, b) => {
      lan.air.deafen(a.index, b.index);
      lan.air.deafen(b.index, a.index);
    });
  },
  partition: (lan, random, ms) => {
    const parts = 2 + below(random, 2);
    lan.air.split(lan.hosts.map(() => below(random, parts)));
    lan.agenda.after(ms, () => lan.air.heal());
  },
  "new meta": (lan, random) => {
    some(lan, random, (host) => lan.feed(host, { kind: "meta", meta: new Uint8Array(100).fill(below(random, 256)) }));
  },
  "many news": (lan, random) => {
    some(lan, random, (host) => {
      for (let i = 0; i < 10; i++)
        lan.feed(host, { kind: "broadcast", message: { kind: "user", bytes: new Uint8Array(200) } });
    });
  },
};

/** Makes a network bad and lets things go wrong on it for so long, `without` some; what was to end has then ended. */
export function plan(lan: Lan, random: Random, ms: number, faults: number, without: readonly string[] = []): void {
  lan.air.weather = weather(random);
  const kinds = Object.entries(FAULTS).filter(([name]) => !without.includes(name));
  const room = ms - COME_BACK;
  for (let i = 0; i < faults; i++) {
    const [, fault] = pick(random, kinds, 1)[0] ?? [];
    const at = random.next() * room;
    const share = random.next() < TO_THE_END ? 1 : random.next() ** 2;
    const lasting = SHORTEST + share * Math.min(LONGEST, ms - at - SHORTEST);
    lan.agenda.after(at, () => fault?.(lan, random, lasting));
  }
}

/** The network is as good as new. */
export function calm(lan: Lan): void {
  lan.air.weather = CALM;
  lan.air.heal();
}

function weather(random: Random): Weather {
  return {
    loss: random.next() ** 2 * 0.25,
    delay: 0.1 + random.next() ** 2 * 20,
    jitter: random.next() ** 2 * 60,
    duplicated: random.next() ** 2 * 0.1,
    held: random.next() ** 2 * 0.05,
  };
}

function restartLater(lan: Lan, host: Host, ms: number, elsewhere: boolean): void {
  lan.crash(host);
  const { runs } = host;
  lan.agenda.after(ms, () => {
    if (host.runs !== runs) return;
    if (elsewhere) lan.move(host, addressOf(host.index, host.address.port + 1));
    lan.start(host);
  });
}

/**
 * One of those that run, but never the first: two who moved at the same time know of each other's new address only
 * through somebody who stayed, or by discovery, which is not here.
 */
function some(lan: Lan, random: Random, then: (host: Host) => unknown): void {
  const [host] = pick(random, lan.running().slice(1), 1);
  if (host !== undefined) then(host);
}

function pair(lan: Lan, random: Random, then: (a: Host, b: Host) => void): void {
  const [a, b] = pick(random, lan.running(), 2);
  if (a !== undefined && b !== undefined) then(a, b);
}
