import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type MemberRecord, Membership, type MembershipOptions } from "../../src/membership/mod.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { silentLog } from "../../src/shared/log.ts";
import { toWireName } from "../../src/shared/names.ts";

export const GROUP = "0123456789abcdef0123456789abcdef";

/** A member id that nobody else has in this test. */
export function idOf(name: string): string {
  return Buffer.from(name.padEnd(32, ".")).toString("hex").slice(0, 64);
}

export function optionsOf(name: string, host: string, stateFile: string): MembershipOptions {
  const id = idOf(name);
  return {
    wireName: toWireName(name, id),
    meta: {
      id,
      groupId: GROUP,
      peerPort: 7_948,
      name,
      epoch: "00112233445566aa",
      sequence: 0,
      entries: 0,
      bytes: 0,
      addresses: [],
      exchange: [1, 1],
      version: "0.1.0",
    },
    bind: { host, port: 0 },
    advertise: null,
    gossipKeys: [],
    profile: "lan",
    delegate: "serf",
    stateFile,
    clock: systemClock,
    random: { next: Math.random },
    log: silentLog,
  };
}

/** Real members of one test, each on its own loopback address, stopped with it. */
export class Members {
  readonly #dir: string;
  readonly #opened: Membership[] = [];
  #next = 2;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async of(t: TestContext): Promise<Members> {
    const dir = await mkdtemp(join(tmpdir(), "groupshare-membership-"));
    const members = new Members(dir);
    t.after(async () => {
      await Promise.all(members.#opened.map((member) => member.stop()));
      await rm(dir, { recursive: true });
    });
    return members;
  }

  async open(name: string, more: Partial<MembershipOptions> = {}): Promise<Membership> {
    const host = `127.0.0.${this.#next++}`;
    const member = await Membership.open({ ...optionsOf(name, host, join(this.#dir, `${name}.json`)), ...more });
    this.#opened.push(member);
    return member;
  }

  openInGroup(name: string, groupId: string): Promise<Membership> {
    return this.open(name, { meta: { ...optionsOf(name, "", "").meta, groupId } });
  }

  /** With nothing remembered of an earlier run. */
  openAnew(name: string, more: Partial<MembershipOptions>): Promise<Membership> {
    return this.open(name, { ...more, stateFile: join(this.#dir, `${name} ${this.#next}.json`) });
  }
}

export function seedOf(member: Membership): string {
  return `${member.address.host}:${member.address.port}`;
}

/** What one member believes of another, found by display name. */
export function seen(by: Membership, name: string): MemberRecord | undefined {
  return by.members().find((member) => member.name === name);
}

/** Resolves when the condition holds at some news of this member, or holds already. */
export function until(member: Membership, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    member.on("changed", () => {
      if (holds()) resolve();
    });
  });
}
