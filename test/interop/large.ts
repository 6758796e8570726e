import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { PushPull, PushState, StreamMessage } from "../../src/membership/core/message.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { wrapPacket } from "../../src/membership/wire/packet.ts";
import { encodeStream, StreamReader } from "../../src/membership/wire/stream.ts";
import { splitEndpoint } from "../../src/shared/endpoint.ts";
import { until } from "../support/until.ts";
import type { Scenario } from "./together.ts";

const MANY = 500;
/** What one packet may hold for memberlist 0.2: above 127 it overflows (SWIM-WIRE §5.2). */
const PARTS = 120;

/** Large messages: SWIM-WIRE §9 steps 7 and 9. */
export const large: Record<string, Scenario> = {
  "lists of 500 members pass in one push/pull, compressed by us and by serf": async (group) => {
    const [oracle, other] = [await group.serf("oracle"), await group.serf("other")];
    const wire = { keys: group.keys, label: new Uint8Array(), compress: true };
    const list: PushPull = { kind: "push-pull", join: true, states: inhabitants(MANY), userState: new Uint8Array() };
    await exchange(oracle.seed, encodeStream(list, wire, true), new StreamReader(wire, true));
    await until("serf lists all", () => oracle.states.size === MANY + 1);
    const reply = await exchange(
      oracle.seed,
      encodeStream({ ...list, states: [] }, wire, true),
      new StreamReader(wire, true),
    );
    assert.equal(reply.message.kind === "push-pull" && reply.message.states.length, MANY + 1);
    if (group.keys.length === 0) assert.equal(reply.first, 9, "Serf compresses");

    const ana = await group.ours("Ana");
    await ana.membership.join([oracle.seed]);
    assert.equal(ana.membership.members().length, MANY + 2);
    await other.command("join", ana.seed);
    await until("the other serf has them from us", () => other.states.size >= MANY + 2);
    assert.equal((await other.members()).length, MANY + 3);
  },

  "a packet of 120 messages, compressed, is understood by serf whole": async (group) => {
    const oracle = await group.serf("oracle");
    const wire = { keys: group.keys, label: new Uint8Array(), compress: true };
    const parts = inhabitants(PARTS).map(({ name, ...rest }) => encodeMessage({ kind: "alive", node: name, ...rest }));
    const socket = createSocket("udp4");
    const to = splitEndpoint(oracle.seed);
    socket.send(wrapPacket(parts, wire, true), to?.port ?? 0, to?.host);
    await until("serf lists all", () => oracle.states.size === PARTS + 1);
    socket.close();
  },
};

/** Members at addresses where nobody is. */
function inhabitants(count: number): PushState[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `inhabitant-${i}`,
    address: { host: Uint8Array.of(127, 8, i >>> 8, i & 0xff), port: 9 },
    meta: Uint8Array.of(0xff, 0x80),
    incarnation: 1,
    state: "alive",
    vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
  }));
}

/** Says one message over a stream and hears the answer. `first`: its first byte. */
async function exchange(
  seed: string,
  bytes: Uint8Array,
  reader: StreamReader,
): Promise<{ message: StreamMessage; first: number | undefined }> {
  const to = splitEndpoint(seed);
  const socket = connect({ host: to?.host ?? "", port: to?.port ?? 0 });
  await once(socket, "connect");
  socket.write(bytes);
  let first: number | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    first ??= chunk[0];
    const read = reader.push(chunk);
    if (read === "more") continue;
    socket.destroy();
    if ("refused" in read) throw new Error(read.refused);
    return { message: read, first };
  }
  throw new Error("it hung up");
}
