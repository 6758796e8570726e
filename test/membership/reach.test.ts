import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Reach } from "../../src/membership/reach.ts";
import { openUdpTcp } from "../../src/membership/udp-tcp.ts";
import { silentLog } from "../../src/shared/log.ts";
import { until } from "../support/until.ts";

/** A machine of IPv4 alone, and somebody else at `there`, which counts what comes. */
async function two(t: TestContext) {
  const [mine, other] = [
    new Reach(await openUdpTcp({ host: "127.0.0.2", port: 0 }, silentLog)),
    await openUdpTcp({ host: "127.0.0.3", port: 0 }, silentLog),
  ];
  t.after(() => Promise.all([mine.close(), other.close()]));
  const came = { packets: 0, connections: 0 };
  other.start({
    packet: () => {
      came.packets += 1;
    },
    connection: (connection) => {
      came.connections += 1;
      connection.listen(
        () => undefined,
        () => undefined,
      );
    },
  });
  return { mine, came, port: other.bound.port };
}

test("whom no way leads to at its address is reached at a further one of the other kind, by packet and by stream", async (t) => {
  const { mine, came, port } = await two(t);
  mine.learn({ host: "fd46::6", port, addresses: ["fd46::7", "127.0.0.3"] });
  await mine.send(Uint8Array.of(1), { host: "fd46::6", port });
  (await mine.dial({ host: "fd46::6", port }, 2_000)).destroy();
  await until("both came", () => came.packets === 1 && came.connections === 1);
});

test("where nothing further is known, or is no longer true, it fails as it failed at the address", async (t) => {
  const { mine, came, port } = await two(t);
  const to = { host: "fd46::6", port };
  await assert.rejects(mine.send(Uint8Array.of(1), to));
  mine.learn({ ...to, addresses: ["127.0.0.3"] });
  mine.learn({ ...to, addresses: [] });
  await assert.rejects(mine.send(Uint8Array.of(1), to));
  await assert.rejects(mine.dial(to, 2_000));
  assert.deepEqual(came, { packets: 0, connections: 0 });
});

test("somebody who answers at the advertised address is not looked for elsewhere", async (t) => {
  const { mine, came, port } = await two(t);
  mine.learn({ host: "127.0.0.3", port, addresses: ["fd46::6"] });
  await mine.send(Uint8Array.of(1), { host: "127.0.0.3", port });
  await until("it came", () => came.packets === 1);
});
