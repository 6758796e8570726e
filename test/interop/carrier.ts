import type { Input } from "../../src/membership/core/effects.ts";
import type { UserMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import { hostBytes } from "../../src/membership/endpoint.ts";
import { Shell } from "../../src/membership/shell.ts";
import { openUdpTcp } from "../../src/membership/udp-tcp.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { packetOverhead } from "../../src/membership/wire/layers.ts";
import { unwrapPacket } from "../../src/membership/wire/packet.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { silentLog } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import type { Group } from "./group.ts";
import { Network } from "./network.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The protocol on real sockets with nothing of GroupShare on it: what it carries for others is seen here. */
export class Carrier {
  readonly name: string;
  readonly seed: string;
  /** User messages that came, as text. */
  readonly heard: string[] = [];
  /** What others added to a push/pull, as text. */
  readonly states: string[] = [];
  /** Messages in the fullest packet that came. */
  mostInOne = 0;
  readonly swim: Swim;
  readonly #shell: Shell;

  private constructor(name: string, seed: string, swim: Swim, make: (carrier: Carrier) => Shell) {
    this.name = name;
    this.seed = seed;
    this.swim = swim;
    this.#shell = make(this);
    this.#shell.start();
  }

  /** `state` is what it adds to a push/pull. */
  static async open(group: Group, name: string, state: string): Promise<Carrier> {
    const network = new Network(group.seed);
    const transport = network.through(await openUdpTcp({ host: group.host(), port: 0 }, silentLog));
    const { host, port } = transport.bound;
    const wire = { keys: group.keys, label: new Uint8Array(), compress: false };
    const config = {
      name,
      vsn: Uint8Array.of(1, 5, 2, 0, 0, 0),
      profile: PROFILES.memberlist,
      layerOverhead: packetOverhead(wire),
      encode: encodeMessage,
      localState: () => utf8.encode(state),
      admit: () => null,
      veto: () => null,
      identity: () => null,
    };
    const address = { host: hostBytes(host) ?? new Uint8Array(4), port };
    const swim = new Swim(config, seeded(group.seed), { address, meta: new Uint8Array(), incarnation: 1 });
    const carrier = new Carrier(name, `${host}:${port}`, swim, (self) => {
      const listener = {
        changed: () => undefined,
        joined: () => undefined,
        left: () => undefined,
        heard: ({ bytes }: UserMessage) => void self.heard.push(text.decode(bytes)),
        heardState: (bytes: Uint8Array) => void self.states.push(text.decode(bytes)),
        elsewhere: async () => false,
        refused: () => undefined,
        refuted: () => undefined,
        unread: () => undefined,
        store: () => undefined,
        met: () => undefined,
      };
      const tcpTimeout = PROFILES.memberlist.tcpTimeout;
      network.watch = (way, bytes) => {
        if (way === "in") self.mostInOne = Math.max(self.mostInOne, unwrapPacket(bytes, wire).messages.length);
      };
      return new Shell({ swim, transport, wire, tcpTimeout, clock: systemClock, log: silentLog, listener });
    });
    group.after(() => carrier.#shell.close());
    return carrier;
  }

  feed(input: Input): void {
    this.#shell.feed(input);
  }
}

export function said(message: string): UserMessage {
  return { kind: "user", bytes: utf8.encode(message) };
}
