import { join } from "node:path";
import { toWireName } from "../../src/shared/names.ts";
import { SerfAgent } from "../interop/serf-agent.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";

const GONE_MS = 60_000;

/** Members of one program that list each other, each a process on a loopback address of its own. */
export interface Fleet {
  readonly pids: readonly number[];
  /** Ends one, without a word or with a goodbye: milliseconds until it was gone from the list of every other one. */
  end(index: number, how: "kill" | "leave"): Promise<number>;
  /** Starts one again that was ended, and waits until all list all. */
  restart(index: number): Promise<void>;
  close(): Promise<void>;
}

/** Ours as they are shipped: dist/groupshare.mjs, with nothing to share. */
export async function ourFleet(count: number): Promise<Fleet> {
  const folder = await temporaryFolder();
  const start = (index: number, ...args: string[]): Promise<Member> => {
    const name = `m${index}`;
    const dir = join(folder.path, name);
    return Member.start("bundle", `127.9.1.${index + 1}`, dir, ["--name", name, ...args]);
  };
  const first = await start(0, "--group", "Bench");
  const members = [first];
  const invite = (await first.cli("invite")).trim();
  while (members.length < count) members.push(await start(members.length, "--invite", invite));
  const all = async (): Promise<void> => {
    const lists = async (member: Member) =>
      (await member.api<{ items: { state: string }[] }>("/api/v1/members")).items.filter(
        ({ state }) => state === "alive",
      ).length;
    for (const member of members) await until("all list all", async () => (await lists(member)) === count, GONE_MS);
  };
  await all();
  return {
    get pids() {
      return members.map(({ pid }) => pid);
    },
    async end(index, how) {
      const ended = members[index] as Member;
      const others = members.filter((member) => member !== ended);
      const from = others.map(({ log }) => log.length);
      const name = `"${toWireName(ended.ready.name, ended.ready.member)}"`;
      const gone = (line: string) => line.includes(name) && /"a member (is )?(dead|left)"/.test(line);
      const began = performance.now();
      const over = how === "kill" ? ended.kill() : ended.stop();
      await until("it is gone", () => others.every(({ log }, i) => log.slice(from[i]).split("\n").some(gone)), GONE_MS);
      const took = performance.now() - began;
      await over;
      return took;
    },
    async restart(index) {
      members[index] = await start(index);
      await all();
    },
    async close() {
      for (const member of members) await member.kill();
      await folder.remove();
    },
  };
}

/** `serf agent` with the timers that it has where nobody chooses any. */
export async function serfFleet(count: number): Promise<Fleet> {
  const start = async (index: number, at?: SerfAgent): Promise<SerfAgent> => {
    const options = { profile: "lan", ...(at === undefined ? {} : { at }) } as const;
    const agent = await SerfAgent.start(`s${index}`, `127.9.2.${index + 1}`, options);
    const seed = agents.find((other) => other !== at)?.seed;
    if (seed !== undefined) await agent.command("join", seed);
    return agent;
  };
  const agents: SerfAgent[] = [];
  const all = (): Promise<unknown> =>
    until(
      "all list all",
      () => agents.every(({ states }) => [...states.values()].filter((state) => state === "alive").length === count),
      GONE_MS,
    );
  while (agents.length < count) agents.push(await start(agents.length));
  await all();
  return {
    get pids() {
      return agents.map(({ pid }) => pid);
    },
    async end(index, how) {
      const ended = agents[index] as SerfAgent;
      const others = agents.filter((agent) => agent !== ended);
      const began = performance.now();
      const over = ended.kill(how === "kill" ? "SIGKILL" : "SIGINT");
      await until("it is gone", () => others.every(({ states }) => states.get(ended.name) !== "alive"), GONE_MS);
      const took = performance.now() - began;
      await over;
      return took;
    },
    async restart(index) {
      agents[index] = await start(index, agents[index]);
      await all();
    },
    async close() {
      for (const agent of agents) await agent.kill();
    },
  };
}
