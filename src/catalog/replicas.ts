import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../shared/log.ts";
import type { Store } from "./replay.ts";
import { Replica } from "./replica.ts";
import type { ListStanding } from "./store/lists.ts";

/** The other members' lists that this one has on disk. */
export class Replicas {
  readonly #dir: string;
  readonly #store: Store;
  readonly #replicas = new Map<string, Replica>();

  private constructor(dir: string, store: Store) {
    this.#dir = dir;
    this.#store = store;
  }

  /** Takes up every journal in the folder. `images`: where the lists of others stand in the store's image. */
  static async open(dir: string, store: Store, images: readonly ListStanding[], log: Log): Promise<Replicas> {
    const replicas = new Replicas(dir, store);
    const names = await readdir(dir);
    for (const name of names) if (name.endsWith(".part")) await rm(join(dir, name), { force: true });
    for (const name of names) {
      const member = /^([0-9a-f]{64})\.journal$/.exec(name)?.[1];
      if (member === undefined) continue;
      const aside = await replicas.of(member).open(images.find((image) => image.member === member) ?? null);
      if (aside !== null) log.warn("A member's list on disk is damaged; it is asked for again", { member, aside });
    }
    for (const { member } of images) if (!replicas.#replicas.has(member)) await store.call("drop", member, true);
    return replicas;
  }

  /** The replica of a member, empty when new. */
  of(member: string): Replica {
    let replica = this.#replicas.get(member);
    if (replica === undefined) {
      replica = new Replica(this.#dir, member, this.#store);
      this.#replicas.set(member, replica);
    }
    return replica;
  }

  find(member: string): Replica | null {
    return this.#replicas.get(member) ?? null;
  }

  /** Forgets a member's list. */
  async drop(member: string): Promise<void> {
    const replica = this.#replicas.get(member);
    this.#replicas.delete(member);
    await replica?.remove();
    await this.#store.call("drop", member, true);
  }

  async sync(): Promise<void> {
    for (const replica of this.#replicas.values()) await replica.sync();
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas.values()) await replica.close();
  }

  /** Deletes all files that hold others' lists, those set aside among them; the rows are the caller's to drop. */
  async remove(): Promise<void> {
    for (const replica of this.#replicas.values()) await replica.remove();
    this.#replicas.clear();
    for (const name of await readdir(this.#dir)) {
      if (/^[0-9a-f]{64}\.journal|^index\.sqlite\./.test(name)) await rm(join(this.#dir, name), { force: true });
    }
  }
}
