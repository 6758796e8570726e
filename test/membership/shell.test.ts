import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import { hostBytes } from "../../src/membership/endpoint.ts";
import { Shell } from "../../src/membership/shell.ts";
import type { Transport } from "../../src/membership/transport.ts";
import { openUdpTcp } from "../../src/membership/udp-tcp.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { packetOverhead, type Wire } from "../../src/membership/wire/layers.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { encodeStream } from "../../src/membership/wire/stream.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { type Log, silentLog } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import { vsn } from "../simulation/member.ts";

const wire: Wire = { keys: [new Uint8Array(32).fill(9)], label: new Uint8Array(), compress: false };
const none = new Uint8Array();

/** A member that stumbles over members named "trap" and user messages, and somebody who sends it things. */
class Stumbling {
  readonly errors: Record<string, unknown>[] = [];
  readonly warnings: string[] = [];
  readonly shell: Shell;
  readonly #member: Transport;
  readonly #asker: Transport;
  #seq = 0;
  #answers: (seq: number) => void = () => undefined;

  constructor(member: Transport, asker: Transport) {
    this.#member = member;
    this.#asker = asker;
    const log: Log = {
      ...silentLog,
      warn: (text) => void this.warnings.push(text),
      error: (_text, fields) => void this.errors.push(fields ?? {}),
    };
    const trap = (what: string) => (): never => {
      throw new Error(`stumbled over ${what}`);
    };
    const config = {
      ...{ name: "m0", vsn, profile: PROFILES.lan, layerOverhead: packetOverhead(wire), encode: encodeMessage },
      admit: ({ name }: { name: string }) => (name === "trap" ? trap("a name")() : null),
      ...{ veto: () => null, identity: () => null },
    };
    const address = { host: hostBytes(member.bound.host) ?? none, port: member.bound.port };
    const swim = new Swim(config, seeded(1), { address, meta: none, incarnation: 1 });
    const quiet = () => undefined;
    const listener = {
      ...{
        changed: quiet,
        joined: quiet,
        left: quiet,
        elsewhere: async () => false,
        refused: quiet,
        refuted: quiet,
        unread: quiet,
        store: quiet,
      },
      ...{ heard: trap("a message"), heardState: trap("a state"), met: trap("a stream") },
    };
    const { tcpTimeout } = PROFILES.lan;
    this.shell = new Shell({ swim, transport: member, wire, tcpTimeout, clock: systemClock, log, listener });
    this.shell.start();
    asker.start({
      connection() {},
      packet: (bytes) => {
        for (const message of unwrapPacket(bytes, wire).messages)
          if (message.kind === "ack") this.#answers(message.seq);
      },
    });
  }

  static async open(t: TestContext): Promise<Stumbling> {
    const [member, asker] = await Promise.all(
      ["127.0.0.63", "127.0.0.64"].map((host) => openUdpTcp({ host, port: 0 }, silentLog)),
    );
    assert.ok(member && asker);
    const stumbling = new Stumbling(member, asker);
    t.after(() => Promise.all([stumbling.shell.close(), asker.close()]));
    return stumbling;
  }

  /** Resolves when a ping that goes after these is answered. */
  async say(...messages: PacketMessage[]): Promise<void> {
    const seq = ++this.#seq;
    const answered = new Promise<void>((resolve) => {
      this.#answers = (heard) => heard === seq && resolve();
    });
    const ping = { kind: "ping", seq, node: "m0", replyTo: null, source: "" } as const;
    for (const one of [...messages, ping]) {
      await this.#asker.send(wrapPacket([encodeMessage(one)], wire, false), this.#member.bound);
    }
    await answered;
  }

  /** Opens a stream, says this and waits for its end. */
  async dial(bytes: Uint8Array): Promise<void> {
    const socket = connect(this.#member.bound.port, this.#member.bound.host);
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    socket.end(bytes);
    socket.resume();
    await closed;
  }
}

test("what makes a step or a wish throw is told once for each kind, and the member goes on", {
  timeout: 20_000,
}, async (t) => {
  const member = await Stumbling.open(t);
  const address = { host: Uint8Array.of(127, 0, 0, 1), port: 9 };
  const trap = { kind: "alive", node: "trap", incarnation: 5, address, meta: none, vsn } as const;
  await member.say(trap, trap, { kind: "user", bytes: Uint8Array.of(1) }, trap, { kind: "user", bytes: none });
  const list = { kind: "push-pull", join: false, states: [], userState: Uint8Array.of(1, 2) } as const;
  for (let i = 0; i < 2; i++) await member.dial(encodeStream(list, wire, true));
  await member.say();
  assert.deepEqual(
    member.errors.map(({ what, why }) => [what, why]),
    [
      ['step "packet"', "stumbled over a name"],
      ['effect "heard"', "stumbled over a message"],
      ["met", "stumbled over a stream"],
      ['effect "heard-state"', "stumbled over a state"],
    ],
  );
});

test("an odd member in a list is warned of once", { timeout: 20_000 }, async (t) => {
  const member = await Stumbling.open(t);
  const address = { host: Uint8Array.of(127, 0, 0, 1), port: 9 };
  const odd = { name: "n".repeat(600), address, meta: none, incarnation: 1, state: "alive", vsn } as const;
  for (let i = 0; i < 3; i++) {
    const list = { kind: "push-pull", join: false, states: [odd], userState: none } as const;
    await member.dial(encodeStream(list, wire, true));
  }
  assert.deepEqual(member.warnings, ["members that say what cannot be were left out of a list"]);
});

test("a datagram or a stream that is sent again is heard once, and counted", { timeout: 20_000 }, async (t) => {
  const member = await Stumbling.open(t);
  const list = encodeStream({ kind: "push-pull", join: false, states: [], userState: none }, wire, true);
  for (let i = 0; i < 3; i++) await member.dial(list);
  assert.deepEqual(member.shell.counters, { gossipReplays: 2, gossipStreamsTurnedAway: 0 });
});
