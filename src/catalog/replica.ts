import { join } from "node:path";
import { GroupShareError } from "../shared/errors.ts";
import { setAside } from "./aside.ts";
import type { Have } from "./core/answer.ts";
import type { Point } from "./core/history.ts";
import { Journal } from "./journal.ts";
import { exact, Replay, type Store } from "./replay.ts";
import type { Segment } from "./segments.ts";
import type { Applied } from "./store/apply.ts";
import type { ListStanding } from "./store/lists.ts";

/** A proven segment with its bytes as they came. */
export interface Received {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
}

/**
 * Another member's list as this one has it: what is shown while the member is here, and a whole list of a new epoch while
 * it is collected. Segments are kept byte for byte, so that they can be handed on under their origin's signature.
 */
export class Replica implements Have {
  readonly member: string;
  readonly #path: string;
  readonly #store: Store;
  #live: Journal | null = null;
  #staged: Journal | null = null;

  constructor(dir: string, member: string, store: Store) {
    this.member = member;
    this.#path = join(dir, `${member}.journal`);
    this.#store = store;
  }

  get live(): Point | null {
    return pointOf(this.#live);
  }

  get staged(): Point | null {
    return pointOf(this.#staged);
  }

  /** The journal to serve from, to one who asks for this epoch. */
  journal(epoch: string | null): Journal | null {
    return this.#staged !== null && this.#staged.header.epoch === epoch ? this.#staged : this.#live;
  }

  /**
   * Takes up what the disk has: replays what the journal has beyond the image. A journal that cannot be used is set
   * aside, its name returned; the list is then asked for again.
   */
  async open(image: ListStanding | null): Promise<string | null> {
    const rows = new Replay(this.#store, this.member, false);
    let upTo: number | null = null;
    const fit = async (epoch: string): Promise<number> => {
      if (image?.epoch === epoch) return image.sequence;
      await this.#store.call("begin", this.member, epoch, true);
      return 0;
    };
    let journal: Journal | null = null;
    let there = true;
    try {
      const loaded = await Journal.load(this.#path, async (segment, notes, header) => {
        if (header.member !== this.member) return;
        upTo ??= await fit(header.epoch);
        if (segment.to > upTo) await rows.add(segment, notes);
      });
      journal = loaded.journal;
      there = loaded.scanned !== null;
      if (journal === null || loaded.scanned?.end === "hurt" || journal.header.member !== this.member) {
        throw new GroupShareError("corrupt", `Cannot use "${this.#path}": it is damaged`);
      }
      upTo ??= await fit(journal.header.epoch);
      if (upTo > journal.sequence) throw new GroupShareError("corrupt", `Cannot use "${this.#path}": it lost its end`);
      await rows.flush();
      await journal.trim();
      this.#live = journal;
      return null;
    } catch {
      await journal?.close();
      await this.#store.call("drop", this.member, true);
      return there ? await setAside(this.#path) : null;
    }
  }

  /** Starts to collect a whole list, in place of one that was begun before. */
  async begin(epoch: string, key: Uint8Array): Promise<void> {
    await this.#staged?.remove();
    this.#staged = null;
    await this.#store.call("begin", this.member, epoch, false);
    this.#staged = await Journal.create(`${this.#path}.part`, { member: this.member, epoch, key });
  }

  /** Adds segments that go on where the shown or the collected list stands. All or none; what it throws refuses them. */
  async add(to: "live" | "staged", received: readonly Received[]): Promise<Applied> {
    const journal = to === "live" ? this.#live : this.#staged;
    if (journal === null)
      throw new GroupShareError("internal", `Cannot add to the list of "${this.member}": it is gone`);
    const count = journal.places.length;
    await journal.append(received.map(({ segment: { from, to }, bytes }) => ({ from, to, bytes, notes: null })));
    const segments = received.map(({ segment: { from, to, entries } }) => ({
      from,
      to,
      entries: exact(entries),
      notes: null,
    }));
    try {
      const batch = { member: this.member, live: to === "live", own: false, bytes: journal.length, segments };
      return await this.#store.call("apply", batch);
    } catch (thrown) {
      await journal.cutTo(count);
      throw thrown;
    }
  }

  /** Shows the collected list in place of what was shown. */
  async show(): Promise<void> {
    const staged = this.#staged;
    if (staged === null) throw new GroupShareError("internal", `Cannot show a list of "${this.member}": none is there`);
    await staged.moveTo(this.#path);
    await this.#store.call("swap", this.member);
    const before = this.#live;
    this.#live = staged;
    this.#staged = null;
    await before?.close();
  }

  /** Forgets what was collected and not shown. */
  async dropStaged(): Promise<void> {
    const staged = this.#staged;
    this.#staged = null;
    await staged?.remove();
    await this.#store.call("drop", this.member, false);
  }

  async sync(): Promise<void> {
    await this.#live?.sync();
  }

  async close(): Promise<void> {
    await this.#staged?.remove();
    await this.#live?.sync();
    await this.#live?.close();
  }

  /** Deletes its journals; the rows are the caller's to drop. */
  async remove(): Promise<void> {
    await this.#staged?.remove();
    await this.#live?.remove();
    this.#staged = null;
    this.#live = null;
  }
}

function pointOf(journal: Journal | null): Point | null {
  return journal === null ? null : { epoch: journal.header.epoch, sequence: journal.sequence };
}
