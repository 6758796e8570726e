import { execFile, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { lacks } from "../support/need.ts";

const run = promisify(execFile);
let networks = 0;

/** Why networks cannot be made here, or false. */
export const noNetworks: string | false = lacks("ip") || lacks("curl") || notRoot();

function notRoot(): string | false {
  if (process.env.GROUPSHARE_TEST_REQUIRE === "all" || process.getuid?.() === 0) return false;
  return "only root makes network namespaces";
}

/** A machine of its own as far as the network goes: a namespace. */
export class Host {
  readonly name: string;
  /** Options of Node for the members that run here. */
  nodeOptions = "";
  readonly #namespace: string;

  constructor(name: string, namespace: string) {
    this.name = name;
    this.#namespace = namespace;
  }

  /** Starts a program on this machine; a signal to the process reaches it. */
  spawn(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const all = ["netns", "exec", this.#namespace, command, ...args];
    return spawn("ip", all, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  }

  /** What a program printed that ran to its end; fails with what it said where that was no success. */
  async run(command: string, ...args: string[]): Promise<string> {
    const all = ["netns", "exec", this.#namespace, command, ...args];
    return (await run("ip", all, { maxBuffer: 1 << 24 })).stdout;
  }

  /** Gives an interface an address, such as `10.0.0.1/24`. */
  async addAddress(address: string, to = "eth0"): Promise<void> {
    const more = address.includes(":") ? ["nodad"] : [];
    await run("ip", ["-n", this.#namespace, "address", "add", address, "dev", to, ...more]);
  }

  async removeAddress(address: string, from = "eth0"): Promise<void> {
    await run("ip", ["-n", this.#namespace, "address", "del", address, "dev", from]);
  }
}

/** Switches, and machines on them, gone with their test. */
export class Network {
  readonly #prefix = `gs${process.pid}x${++networks}`;
  readonly #namespaces: string[] = [];
  readonly #switches = new Set<string>();
  #cables = 0;

  static async of(t: TestContext): Promise<Network> {
    const network = new Network();
    t.after(async () => {
      for (const namespace of network.#namespaces) await run("ip", ["netns", "del", namespace]);
    });
    await network.#namespace("switches");
    return network;
  }

  /** A machine with an interface for each place: `eth0` on the first switch with these addresses, `eth1` and so on. */
  async host(name: string, ...interfaces: { on: string; addresses: string[] }[]): Promise<Host> {
    const namespace = await this.#namespace(name);
    const host = new Host(name, namespace);
    await run("ip", ["-n", namespace, "link", "set", "lo", "up"]);
    for (const [index, { on, addresses }] of interfaces.entries()) {
      await this.#plug(namespace, `eth${index}`, on);
      for (const address of addresses) await host.addAddress(address, `eth${index}`);
    }
    return host;
  }

  /** A cable between two switches, to be pulled out and put in again. */
  async cable(a: string, b: string): Promise<{ readonly out: () => Promise<void>; readonly in: () => Promise<void> }> {
    const switches = `${this.#prefix}-switches`;
    const [here, there] = [`c${++this.#cables}`, `c${++this.#cables}`];
    for (const on of [a, b]) await this.#switch(on);
    await run("ip", ["-n", switches, "link", "add", here, "type", "veth", "peer", "name", there]);
    await run("ip", ["-n", switches, "link", "set", here, "master", a, "up"]);
    await run("ip", ["-n", switches, "link", "set", there, "master", b, "up"]);
    const set = async (state: "up" | "down") => void (await run("ip", ["-n", switches, "link", "set", here, state]));
    return { out: () => set("down"), in: () => set("up") };
  }

  async #namespace(name: string): Promise<string> {
    const namespace = `${this.#prefix}-${name}`;
    await run("ip", ["netns", "add", namespace]);
    this.#namespaces.push(namespace);
    return namespace;
  }

  async #switch(on: string): Promise<void> {
    if (this.#switches.has(on)) return;
    const switches = `${this.#prefix}-switches`;
    // Snooping would keep multicast from those who joined just now.
    await run("ip", ["-n", switches, "link", "add", on, "type", "bridge", "mcast_snooping", "0"]);
    await run("ip", ["-n", switches, "link", "set", on, "up"]);
    this.#switches.add(on);
  }

  async #plug(namespace: string, name: string, on: string): Promise<void> {
    const switches = `${this.#prefix}-switches`;
    await this.#switch(on);
    const port = `p${++this.#cables}`;
    await run("ip", ["link", "add", name, "netns", namespace, "type", "veth", "peer", "name", port, "netns", switches]);
    await run("ip", ["-n", switches, "link", "set", port, "master", on, "up"]);
    await run("ip", ["-n", namespace, "link", "set", name, "up"]);
  }
}
