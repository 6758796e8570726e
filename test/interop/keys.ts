import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/until.ts";
import { KEY, type Scenario } from "./together.ts";
import { allAlive, troubleOf } from "./watching.ts";

const NEXT = new Uint8Array(32).fill(0x5e);
const NAMES = ["Ana", "Ben", "oracle", "pythia"];
/** Long enough for every member to have been probed by every other, and for gossip that would not be understood. */
const HOLDS_MS = 2_500;

/** A key takes the place of another while everybody runs. */
export const keys: Record<string, Scenario> = {
  "a key is added, used and removed, by us and by serf, and no member is lost on the way": async (group) => {
    group.keys = [KEY];
    const serfs = [await group.serf("oracle"), await group.serf("pythia")] as const;
    const ours = [await group.ours("Ana"), await group.ours("Ben")] as const;
    for (const { membership } of ours) await membership.join([serfs[0].seed, serfs[1].seed]);
    await until("all list all", () => allAlive(ours, NAMES) && serfs.every(({ states }) => states.size === 4));
    const trouble = troubleOf(ours);
    const stays = async (): Promise<void> => {
      await sleep(HOLDS_MS);
      assert.deepEqual(trouble, []);
      assert.ok(allAlive(ours, NAMES));
      for (const { log } of serfs) assert.doesNotMatch(log, /EventMemberFailed|suspect/i);
    };
    const onSerfs = async (operation: "install" | "use" | "remove", bytes: Uint8Array): Promise<void> => {
      const key = Buffer.from(bytes).toString("base64");
      const before = serfs.map(({ log }) => log.length);
      // Two of four: we do not let others change our keys.
      assert.match(await serfs[0].command("keys", `-${operation}=${key}`), /2\/4 nodes reported success/);
      const word = new RegExp(`Received ${operation}-key query`);
      await until(`serf does ${operation}`, () => serfs.every(({ log }, i) => word.test(log.slice(before[i]))));
    };

    await onSerfs("install", NEXT);
    for (const { membership } of ours) membership.keyring.add(NEXT);
    ours[0].membership.keyring.use(NEXT);
    // Half seal with one and half with the other: all open both.
    await stays();
    await onSerfs("use", NEXT);
    ours[1].membership.keyring.use(NEXT);
    await onSerfs("remove", KEY);
    for (const { membership } of ours) membership.keyring.remove(KEY);
    await stays();
    for (const { membership } of ours) assert.deepEqual(membership.keyring.list(), [NEXT]);

    const late = await group.ours("Late");
    assert.deepEqual((await late.membership.join(ours.map(({ seed }) => seed))).joined, []);
    group.keys = [NEXT];
    const eve = await group.ours("Eve");
    assert.equal((await eve.membership.join(ours.map(({ seed }) => seed))).joined.length, 2);
    await until("the new one is everywhere", () => serfs.every(({ states }) => states.get(eve.wireName) === "alive"));
  },
};
