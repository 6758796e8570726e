import type { Node } from "../../src/membership/core/nodes.ts";
import { toEndpoint } from "../../src/membership/endpoint.ts";
import { Rejoin, type Sighting } from "../../src/membership/rejoin.ts";
import type { Random } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import type { Lan } from "./lan.ts";
import { addressFrom } from "./member.ts";

/** Of a machine's joins, those that somebody waits for have numbers above this. */
const FIRST_REQUEST = 1_000;
/** The wall clock of all when a simulation begins, in milliseconds since 1970. */
const WALL = 1_700_000_000_000;

/** The program's own search for those who are missing, for this run of a member, on simulated time. */
export function rejoinOf(lan: Lan, host: Host, random: Random): Rejoin {
  const run = host.runs;
  let request = FIRST_REQUEST;
  return new Rejoin({
    met: host.met,
    keep: (met) => {
      host.met = met;
    },
    ask(addresses, told) {
      let [waiting, any] = [addresses.length, false];
      for (const address of addresses) {
        host.asked.set(++request, (failed) => {
          any ||= failed === null;
          waiting -= 1;
          if (waiting === 0) told(any);
        });
        lan.feed(host, { kind: "join", request, to: addressFrom(address) });
      }
    },
    announced: () => [],
    clock: { wall: () => WALL + lan.now + host.wall, now: () => lan.now + host.steady },
    after(ms, then) {
      let due = true;
      lan.agenda.after(ms, () => due && host.runs === run && then());
      return () => {
        due = false;
      };
    },
    random,
  });
}

/** What a machine's member sees of another. */
export function sightingOf(host: Host, { name, state, address }: Node): Sighting {
  return { wireName: name, state, self: name === host.name, ...toEndpoint(address) };
}
