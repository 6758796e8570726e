import type { GenerationMark, MemberMeta, MemberRecord } from "../../membership/mod.ts";
import type { Standing } from "../../peer/mod.ts";
import { isMet, type Knowledge, needsNew, secretProof } from "../../trust/mod.ts";

/** Proofs kept, each of some hundred bytes: of more members than a group lists. */
const MOST_PROOFS = 8_192;

/** Who counts as a member, by what is known of the group now. */
export class Trust {
  readonly #self: string;
  readonly #known: () => Knowledge;
  readonly #proofs = new Map<string, string>();
  #proven: Uint8Array | null = null;
  #metOthers = false;

  constructor(self: string, known: () => Knowledge) {
    this.#self = self;
    this.#known = known;
  }

  /** Members of this group were met that have another secret, perhaps a newer one, and are not known from before. */
  get metOthers(): boolean {
    return this.#metOthers;
  }

  /** Whether what a member announces proves that it has the present secret. */
  has(id: string, mark: GenerationMark | null): boolean {
    return mark?.generation === this.#known().secret.generation && mark.proof === this.proof(id);
  }

  /** What a member that has the present secret announces. */
  proof(id: string): string {
    const { secret } = this.#known().secret;
    if (secret !== this.#proven || this.#proofs.size >= MOST_PROOFS) this.#proofs.clear();
    this.#proven = secret;
    const proof = this.#proofs.get(id) ?? secretProof(secret, id);
    this.#proofs.set(id, proof);
    return proof;
  }

  /** Whether it proves itself by that, new as it may be: not where the present secret is in wrong hands. */
  proves(id: string, mark: GenerationMark | null): boolean {
    return !needsNew(this.#known()) && this.has(id, mark);
  }

  /** Why a member is not let in; null where it is: for one that has the secret, or had one in time. */
  admits({ id, generation }: Pick<MemberMeta, "id" | "generation">): string | null {
    const { secret, roster, removed } = this.#known();
    if (removed.has(id)) return "it was removed from the group";
    if (id === this.#self || roster.has(id) || this.proves(id, generation ?? null)) return null;
    const newer = (generation?.generation ?? 0) >= secret.generation;
    this.#metOthers ||= newer;
    return newer ? "it has another secret than this member" : "its invite is older than the group's present secret";
  }

  trusts({ id, generation }: Pick<MemberRecord, "id" | "generation">): boolean {
    const { roster, removed } = this.#known();
    return id !== null && !removed.has(id) && (roster.has(id) || this.proves(id, generation));
  }

  isRemoved(id: string | null): boolean {
    return id !== null && this.#known().removed.has(id);
  }

  /** What one that is not here may ask, if anybody heard of it: what became of the group, and whether it was removed. */
  standing(id: string): Exclude<Standing, "member"> {
    const { roster, removed } = this.#known();
    const removal = removed.get(id);
    return roster.has(id) || (removal !== undefined && isMet(removal)) ? "known" : null;
  }
}
