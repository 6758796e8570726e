import type { Knowledge, Removal } from "../../trust/mod.ts";

/**
 * What others say of the removal of this member itself. Somebody who was removed in its sleep could say it too, so two have
 * to: who removed it, by its signature, and who tells, if this member knows them from its own sight. One is enough where it
 * knows nobody else.
 */
export class Accusations {
  readonly #witnesses = new Set<string>();
  readonly #tellers = new Set<string>();

  /** Whether it is to be believed by now. The removal's signature was checked. */
  believes({ roster, removed }: Knowledge, { by }: Pick<Removal, "by">, teller: string): boolean {
    if (removed.has(by)) return false;
    this.#witnesses.add(by).add(teller);
    const known = [...roster.values()].filter(({ from }) => from === null).map(({ id }) => id);
    const witnesses = known.filter((id) => this.#witnesses.has(id));
    // Others know only who is among those known: the rest is not kept.
    for (const id of this.#witnesses) if (!witnesses.includes(id)) this.#witnesses.delete(id);
    return witnesses.length >= Math.min(2, known.length) && witnesses.length > 0;
  }

  /** Whether this teller says it for the first time: it goes on saying so whenever it is asked. Only members answer. */
  isFirstOf(teller: string): boolean {
    const first = !this.#tellers.has(teller);
    this.#tellers.add(teller);
    return first;
  }
}
