import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { seen } from "../membership/member.ts";
import { until } from "../support/until.ts";
import type { Group, Ours } from "./group.ts";
import type { SerfAgent } from "./serf-agent.ts";
import type { Scenario } from "./together.ts";
import { allAlive, troubleOf } from "./watching.ts";

const OURS = ["Ana", "Ben", "Eve"];
const SERFS = ["oracle", "pythia", "sibyl"];

/** Three of ours and three Serfs. */
export const mixed: Record<string, Scenario> = {
  "three of ours and three serfs list each other, with our tags, and the killing of one of each": async (group) => {
    const { ours, serfs } = await six(group);
    for (const { membership, wireName } of ours) {
      const tags = (await serfs[1]?.member(wireName))?.tags;
      const self = membership.members().find(({ self }) => self);
      assert.deepEqual([tags?.i, tags?.n, tags?.p], [self?.id, self?.name, String(self?.peerPort)]);
    }
    const [ana, ...otherOurs] = ours as [Ours, ...Ours[]];
    const [oracle, ...otherSerfs] = serfs as [SerfAgent, ...SerfAgent[]];
    ana.network.silent = true;
    await ana.membership.stop();
    const gone = (name: string, wireName: string) => () =>
      otherOurs.every(({ membership }) => seen(membership, name)?.state === "dead") &&
      otherSerfs.every(({ states }) => states.get(wireName) === "failed");
    await until("the others miss Ana", () => oracle.states.get(ana.wireName) === "failed", 20_000);
    await until("all others miss Ana", gone("Ana", ana.wireName), 20_000);
    await oracle.kill();
    await until("all others miss a serf", gone("oracle", "oracle"), 20_000);
    assert.ok(allAlive(otherOurs, ["Ben", "Eve", "pythia", "sibyl"]));
    for (const { states } of otherSerfs) {
      assert.equal([...states.values()].filter((state) => state === "alive").length, 4);
    }
  },

  "serf's events and queries pass, and trouble nobody": async (group) => {
    const { ours, serfs } = await six(group);
    const trouble = troubleOf(ours);
    const [oracle, ...others] = serfs as [SerfAgent, ...SerfAgent[]];
    for (let i = 0; i < 20; i++) await oracle.command("event", `deploy-${i}`, "x".repeat(400));
    await until("every serf has every event", () =>
      others.every(({ log }) => new Set(log.match(/user-event: deploy-\d+/g)).size === 20),
    );
    const answers = await oracle.command("query", "-timeout=1s", "-format=json", "who", "payload");
    assert.deepEqual((JSON.parse(answers) as { Acks: string[] }).Acks.sort(), [...SERFS].sort());
    await sleep(2_000);
    assert.deepEqual(trouble, []);
    assert.ok(allAlive(ours, [...OURS, ...SERFS]));
  },
};

async function six(group: Group): Promise<{ ours: Ours[]; serfs: SerfAgent[] }> {
  const serfs = await Promise.all(SERFS.map((name) => group.serf(name)));
  const ours = await Promise.all(OURS.map((name) => group.ours(name)));
  // One by one, each through another program than its own.
  const [oracle, pythia, sibyl] = serfs as [SerfAgent, SerfAgent, SerfAgent];
  const [ana, ben, eve] = ours as [Ours, Ours, Ours];
  await ana.membership.join([oracle.seed]);
  await pythia.command("join", ana.seed);
  await ben.membership.join([pythia.seed]);
  await sibyl.command("join", ben.seed);
  await eve.membership.join([sibyl.seed]);
  await until("all list all", () => {
    return serfs.every(({ states }) => states.size === 6) && allAlive(ours, [...OURS, ...SERFS]);
  });
  return { ours, serfs };
}
