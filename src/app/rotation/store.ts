import { toHex } from "../../shared/hex.ts";
import type { Log } from "../../shared/log.ts";
import { type Group, GroupFile, type Roster, RosterFile } from "../../trust/mod.ts";

/** Where the group and its roster are kept. A first join that fails leaves nothing, so nothing is written before it is through. */
export class RotationStore {
  readonly #group: GroupFile;
  readonly #roster: RosterFile;
  readonly #log: Log;
  #begun = false;
  /** The group as it is on disk: the roster changes more often. */
  #written = "";
  #last: Promise<void> = Promise.resolve();
  #next: { readonly group: Group; readonly roster: Roster } | null = null;

  constructor(paths: { group: string; roster: string }, log: Log) {
    this.#group = new GroupFile(paths.group, log);
    this.#roster = new RosterFile(paths.roster);
    this.#log = log;
  }

  group(): Promise<Group | null> {
    return this.#group.read();
  }

  roster(group: string): Promise<Roster> {
    return this.#roster.read(group, (message) => this.#log.warn(message));
  }

  begin(): void {
    this.#begun = true;
  }

  /**
   * Writes after what is being written; of several that wait, only the last. Removed ids are on disk before the secret
   * that was made without them: a stop in between leaves a secret that is known to need another.
   */
  write(group: Group, roster: Roster): Promise<void> {
    if (!this.#begun) return Promise.resolve();
    this.#next = { group, roster };
    const written = this.#last.then(async () => {
      const next = this.#next;
      this.#next = null;
      if (next === null) return;
      await this.#roster.write(next.group.id, next.roster);
      const text = JSON.stringify(next.group, (_, value) => (value instanceof Uint8Array ? toHex(value) : value));
      if (text === this.#written) return;
      await this.#group.write(next.group);
      this.#written = text;
    });
    this.#last = written.catch(() => undefined);
    return written;
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Forgets the group, its secrets and its roster. */
  async remove(): Promise<void> {
    this.#begun = false;
    await this.#last;
    this.#written = "";
    await this.#group.remove();
    await this.#roster.remove();
  }
}
