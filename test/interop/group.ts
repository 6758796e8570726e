import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Membership, type MembershipOptions } from "../../src/membership/mod.ts";
import { toWireName } from "../../src/shared/names.ts";
import { idOf, optionsOf } from "../membership/member.ts";
import { MemberlistNode, type MemberlistOptions } from "./memberlist-node.ts";
import { Network } from "./network.ts";
import { SerfAgent, type SerfOptions } from "./serf-agent.ts";

/** One of our members, in this process. */
export interface Ours {
  readonly name: string;
  /** What it is called by members of other programs. */
  readonly wireName: string;
  readonly membership: Membership;
  readonly network: Network;
  readonly seed: string;
}

let groups = 0;

/** Members of several programs, each on a loopback address of its own. */
export class Group {
  /** Where chance in this group comes from. */
  readonly seed: number;
  /** What it encrypts with; none: in clear. */
  keys: readonly Uint8Array[] = [];
  readonly #closing: (() => Promise<unknown>)[] = [];
  readonly #others: { readonly name: string; readonly log: string }[] = [];
  readonly #number = ++groups;
  #hosts = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** A loopback address that nobody has. */
  host(): string {
    this.#hosts += 1;
    return `127.7.${this.#number}.${this.#hosts}`;
  }

  async ours(name: string, more: Partial<MembershipOptions> = {}): Promise<Ours> {
    const dir = await mkdtemp(join(tmpdir(), "groupshare-interop-"));
    this.after(() => rm(dir, { recursive: true, force: true }));
    const network = new Network(this.seed + this.#hosts);
    const options = optionsOf(name, this.host(), join(dir, "state.json"));
    const membership = await Membership.open({
      ...options,
      gossipKeys: this.keys,
      through: network.through,
      ...more,
    });
    this.after(() => membership.stop());
    const { host, port } = membership.address;
    return { name, wireName: toWireName(name, idOf(name)), membership, network, seed: `${host}:${port}` };
  }

  async serf(name: string, options: SerfOptions = {}): Promise<SerfAgent> {
    const key = this.keys.slice(0, 1).map((bytes) => `-encrypt=${Buffer.from(bytes).toString("base64")}`);
    const agent = await SerfAgent.start(name, this.host(), { ...options, flags: [...key, ...(options.flags ?? [])] });
    this.after(() => agent.kill());
    this.#others.push(agent);
    return agent;
  }

  async bare(name: string, options: MemberlistOptions = {}): Promise<MemberlistNode> {
    const [key] = this.keys;
    const node = await MemberlistNode.start(name, this.host(), { ...(key === undefined ? {} : { key }), ...options });
    this.after(() => node.kill());
    this.#others.push(node);
    return node;
  }

  /** Done when the group is closed, last first. */
  after(done: () => Promise<unknown>): void {
    this.#closing.push(done);
  }

  async close(): Promise<void> {
    for (const done of this.#closing.reverse()) await done();
  }

  /** The last that each member of another program wrote. */
  logs(): string {
    return this.#others.map(({ name, log }) => `--- ${name}\n${log.slice(-3_000)}`).join("\n");
  }
}
