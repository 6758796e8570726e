import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import type { Group, Ours } from "./group.ts";
import type { SerfAgent } from "./serf-agent.ts";
import { type Passed, tap } from "./tap.ts";
import type { Scenario } from "./together.ts";
import { troubleOf } from "./watching.ts";

/** Indirect probes, asked of Serf and asked by Serf: SWIM-WIRE §9 step 6. */
export const helping: Record<string, Scenario> = {
  "two of ours that cannot hear each other stay alive through serf, whose nacks come in time": async (group) => {
    const { ours, serfs } = await three(group, ["Ana", "Ben"], ["oracle"]);
    const [ana, ben] = ours as [Ours, Ours];
    const asked = new Map<number, number>();
    const answers = { ack: 0, nack: 0 };
    tap(ana, group.keys, ({ way, peer, message }) => {
      if (peer !== serfs[0]?.seed || !("seq" in message)) return;
      if (way === "out" && message.kind === "indirect-ping") asked.set(message.seq, performance.now());
      if (way === "in" && (message.kind === "ack" || message.kind === "nack")) {
        // A probe ends 400 ms after it began, and asked for help at 150.
        if (performance.now() - (asked.get(message.seq) ?? Number.NEGATIVE_INFINITY) < 250) answers[message.kind] += 1;
      }
    });
    const trouble = troubleOf(ours);
    ana.network.cutOff.add(hostOf(ben));
    ben.network.cutOff.add(hostOf(ana));
    await until("serf answered for Ben three times", () => answers.ack >= 3);
    assert.deepEqual(trouble, []);
    assert.equal(serfs[0]?.states.get(ben.wireName), "alive");
    ben.network.silent = true;
    await until("serf says nack for Ben", () => answers.nack >= 1);
  },

  "of a serf that another cannot reach, we say ack when it answers us, and nack when it does not": async (group) => {
    // So patient that she calls the target dead long after the asker has asked.
    const { ours, serfs } = await three(group, ["Ana"], ["asker", "target"], "wan");
    const [ana] = ours as [Ours];
    const [asker, target] = serfs as [SerfAgent, SerfAgent];
    const asked = new Set<number>();
    const said: string[] = [];
    let awake = true;
    tap(ana, group.keys, ({ way, peer, message }: Passed) => {
      if (peer !== asker.seed || !("seq" in message)) return;
      if (way === "in" && message.kind === "indirect-ping" && message.node === "target") {
        asked.add(message.seq);
        if (awake) target.signal("SIGCONT");
      } else if (way === "out" && asked.has(message.seq)) said.push(message.kind);
    });
    target.signal("SIGSTOP");
    await until("we say ack for it", () => said.includes("ack"));
    awake = false;
    target.signal("SIGSTOP");
    await until("we say nack for it", () => said.includes("nack"));
    target.signal("SIGCONT");
    await until("all are alive for all", () => {
      const states = [...asker.states.values(), ...target.states.values()];
      const here = ana.membership.members().map(({ state }) => state);
      return states.length === 6 && [...states, ...here].every((state) => state === "alive");
    });
  },
};

async function three(
  group: Group,
  names: readonly string[],
  agents: readonly string[],
  profile: "lan" | "wan" = "lan",
): Promise<{ ours: Ours[]; serfs: SerfAgent[] }> {
  const serfs = await Promise.all(agents.map((name) => group.serf(name)));
  const ours = await Promise.all(names.map((name) => group.ours(name, { profile })));
  for (const { membership } of ours) await membership.join(serfs.map(({ seed }) => seed));
  await until("all list all", () => {
    return (
      serfs.every(({ states }) => states.size === 3) &&
      ours.every(({ membership }) => membership.members().length === 3)
    );
  });
  return { ours, serfs };
}

function hostOf({ membership }: Ours): string {
  return membership.address.host;
}
