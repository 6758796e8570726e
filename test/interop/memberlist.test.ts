import assert from "node:assert/strict";
import { seen } from "../membership/member.ts";
import { until } from "../support/until.ts";
import { Carrier, said } from "./carrier.ts";
import { noMemberlist } from "./memberlist-node.ts";
import { KEY, type Scenario, together, withoutAndWithKey } from "./together.ts";
import { troubleOf } from "./watching.ts";

const joining: Record<string, Scenario> = {
  "we join it and it joins us; leaving is left, and what is killed is dead": async (group) => {
    const [one, two] = [await group.bare("one"), await group.bare("two")];
    const ana = await group.ours("Ana", { delegate: "none" });
    assert.deepEqual((await ana.membership.join([one.seed])).failed, []);
    await two.command({ do: "join", to: ana.seed });
    await until("all list all", () => [one, two].every(({ members }) => members.size === 3));
    assert.equal(seen(ana.membership, "two")?.id, null);
    // Its meta is text to Go, which keeps what is not as U+FFFD: the name is plain enough to be found.
    assert.match(one.members.get(ana.wireName) ?? "", /Ana/);

    await two.command({ do: "leave" });
    await until("Ana sees it leave", () => seen(ana.membership, "two")?.state === "left");
    const ben = await group.ours("Ben", { delegate: "none" });
    await ben.membership.join([one.seed]);
    await until("Ana hears of Ben", () => seen(ana.membership, "Ben")?.state === "alive");
    await ana.membership.leave();
    await until("it sees Ana leave", () => !one.members.has(ana.wireName));
    await one.kill();
    await until("Ben sees it die", () => seen(ben.membership, "one")?.state === "dead");
  },

  "one of ours that is killed is gone from it": async (group) => {
    const one = await group.bare("one");
    const ana = await group.ours("Ana", { delegate: "none" });
    await ana.membership.join([one.seed]);
    await until("it lists Ana", () => one.members.has(ana.wireName));
    ana.network.silent = true;
    await ana.membership.stop();
    // One tick to notice, one to doubt, four of suspicion: memberlist's LAN table, two ticks of slack.
    await until("it misses Ana", () => !one.members.has(ana.wireName), 15_000);
  },
};

/** More than 64 KiB, which only a stream can carry. */
const LONG = "long ".repeat(20_000);
/** Of so few bytes that more than a hundred are in one packet. */
const SMALL = Array.from({ length: 110 }, (_, i) => `n${String(i).padStart(3, "0")}`);

const riding: Record<string, Scenario> = {
  "messages pass both ways: to all, to one, and over a stream": async (group) => {
    const one = await group.bare("one");
    const ana = await Carrier.open(group, "ana", "");
    await one.command({ do: "join", to: ana.seed });
    await until("they list each other", () => one.members.has("ana") && ana.swim.member("one")?.state === "alive");

    ana.feed({ kind: "broadcast", message: said("to all") });
    ana.feed({ kind: "tell", to: "one", message: said("to one") });
    ana.feed({ kind: "deliver", request: 1, to: "one", message: said(LONG) });
    await until("all came", () => {
      const came = one.texts("message");
      return ["to all", "to one", LONG].every((text) => came.includes(text));
    });
    await one.command({ do: "send", to: "ana", text: "back to one" });
    await one.command({ do: "send-reliably", to: "ana", text: LONG });
    await one.command({ do: "broadcast", text: SMALL.join("\n") });
    await until("all came back", () => ["back to one", LONG, ...SMALL].every((text) => ana.heard.includes(text)));
    assert.ok(ana.mostInOne >= SMALL.length, `${ana.mostInOne} in one packet`);
  },

  "what rides on the protocol is in every exchange of lists, both ways": async (group) => {
    const one = await group.bare("one", { state: "state of one" });
    const ana = await Carrier.open(group, "ana", LONG);
    await one.command({ do: "join", to: ana.seed });
    await until("both came", () => one.texts("state").length === 1 && ana.states.length === 1);
    assert.deepEqual([one.texts("state"), ana.states], [[LONG], ["state of one"]]);
    assert.equal(one.told.find(({ event }) => event === "state")?.join, true);
    const [host = "", port = ""] = one.seed.split(":");
    ana.feed({ kind: "join", request: 1, to: { host: Uint8Array.from(host.split("."), Number), port: Number(port) } });
    await until("both came again", () => one.texts("state").length === 2 && ana.states.length === 2);
  },
};

const special: Record<string, Scenario> = {
  "it takes nobody who says to be a Serf, and is taken by nobody": async (group) => {
    const one = await group.bare("one");
    const ana = await group.ours("Ana");
    assert.match((await ana.membership.join([one.seed])).failed[0]?.why ?? "", /version/);
    await until("it says why", () => /protocol version/i.test(one.log));
    assert.deepEqual([one.members.size, ana.membership.members().length], [1, 1]);
  },

  "one that speaks protocol 1, and so seals in memberlist's oldest way, is understood": async (group) => {
    group.keys = [KEY];
    // At version 1 it takes everybody's port for its own.
    const one = await group.bare("one", { protocol: 1 });
    const port = Number(one.seed.split(":")[1]);
    const ana = await group.ours("Ana", { delegate: "none", bind: { host: group.host(), port } });
    await ana.membership.join([one.seed]);
    await until("it lists Ana", () => one.members.has(ana.wireName));
    const trouble = troubleOf([ana]);
    await one.command({ do: "broadcast", text: "sealed" });
    await until("Ana knows how far it is", () => seen(ana.membership, "one")?.rttMs !== null);
    assert.deepEqual(trouble, []);
    await one.command({ do: "leave" });
    await until("Ana sees it leave", () => seen(ana.membership, "one")?.state === "left");
  },
};

together("beside bare memberlist,", { ...withoutAndWithKey({ ...joining, ...riding }), ...special }, noMemberlist);
