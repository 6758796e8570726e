import { type Amount, Speed } from "./core/speed.ts";
import type { ShareStatus } from "./options.ts";
import type { Place } from "./place.ts";
import type { HashProgress, ScanStatus } from "./protocol.ts";
import type { StoredShare } from "./registry.ts";

/** How hashing stands, of all shares or of one. */
interface Hashing {
  readonly paused: boolean;
  /** Bytes read of this share's files that are being hashed. */
  readonly ahead: number;
  /** What is wrong with all shares, in words. */
  readonly trouble: string | null;
}

const NOTHING = { state: "scanning", files: 0, bytes: 0, hashed: 0, hashedBytes: 0, skipped: 0, error: null } as const;

const groundText = ({ mount, own, beneath, mounts }: StoredShare) => JSON.stringify([mount, own, beneath, mounts]);

/** A share that is looked after in this run, and how it was last seen. */
export class ActiveShare {
  readonly stored: StoredShare;
  readonly place: Place;
  /** Given by flag in this run. */
  fixed: boolean;
  readonly #speed = new Speed();
  #seen: ScanStatus | null = null;

  constructor(stored: StoredShare, place: Place, fixed: boolean) {
    this.stored = stored;
    this.place = place;
    this.fixed = fixed;
  }

  read(progress: HashProgress): void {
    this.#speed.add(progress);
  }

  /** `state`: it is in another one than before. `stored`: what is remembered of it is other than before. */
  saw(status: ScanStatus): { readonly state: boolean; readonly stored: boolean } {
    const state = status.state !== this.#seen?.state;
    this.#seen = status;
    const before = groundText(this.stored);
    const { mount, own, beneath, mounts } = status;
    Object.assign(this.stored, { mount, own, beneath, mounts: [...mounts] });
    return { state, stored: groundText(this.stored) !== before };
  }

  status({ paused, ahead, trouble }: Hashing): ShareStatus {
    const { id, name, path, hidden } = this.stored;
    const { state, files, bytes, hashed, hashedBytes, skipped, error } = this.#seen ?? NOTHING;
    const remainingMs = this.#remaining(paused, ahead);
    const progress = { files, bytes, hashed, hashedBytes, remainingMs, paused, skipped };
    return { id, name, path, state, ...progress, hidden, fixed: this.fixed, error: trouble ?? error };
  }

  #remaining(paused: boolean, ahead: number): number | null {
    if (this.#seen === null) return null;
    const { state, unhashed } = this.#seen;
    if (state === "ready") return 0;
    if (state === "hashing" && !paused) {
      const left: Amount = { ...unhashed, bytes: Math.max(0, unhashed.bytes - ahead) };
      return this.#speed.remaining(performance.now(), left);
    }
    this.#speed.reset();
    return null;
  }
}
