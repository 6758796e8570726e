import { type Identity, isSameFolder } from "./core/compare.ts";
import { RootLost } from "./pass.ts";
import type { Ground } from "./protocol.ts";
import { folderIdentity, lookAtRoot } from "./root.ts";

/** What became of a share's folder since it was last looked at. */
export type Turn = "same" | "gone" | "still gone" | "another" | "back";

/** Whether a share's folder is there, and which folder it is. */
export class Presence {
  readonly #root: string;
  #identity: Identity | null = null;
  #mounted: boolean;
  /** The folder as it was when no drive was mounted over it; null where it is not known, or was empty as mount points are. */
  #beneath: Identity | null;
  readonly #holds: () => boolean;
  #era = 0;
  #lost: string | null = null;

  /**
   * `mounted`: it was a mount point when it was last seen, over the folder `beneath`. `holds`: whether anything is known
   * to be in it.
   */
  constructor(root: string, { mounted, beneath }: Ground, holds: () => boolean) {
    this.#root = root;
    this.#mounted = mounted;
    this.#beneath = beneath;
    this.#holds = holds;
  }

  get online(): boolean {
    return this.#identity !== null;
  }

  get ground(): Ground {
    const mounted = this.#mounted;
    return { mounted, beneath: mounted ? this.#beneath : null };
  }

  /** Counts the times that it went offline, came back or became another one. */
  get era(): number {
    return this.#era;
  }

  /** Why it is offline, in words. */
  get trouble(): string | null {
    return this.#lost;
  }

  look(): Turn {
    const root = lookAtRoot(this.#root, this.#mounted, this.#beneath);
    if (root.kind === "lost") {
      const first = this.#lost === null;
      this.#lost = root.why;
      if (!first) return "still gone";
      this.#era += 1;
      this.#identity = null;
      return "gone";
    }
    if (this.#identity !== null && isSameFolder(root.identity, this.#identity)) return "same";
    const turn = this.#identity === null ? "back" : "another";
    this.#era += 1;
    this.#identity = root.identity;
    if (!root.mounted) this.#beneath = root.identity;
    else if (!this.#mounted && !this.#holds()) this.#beneath = null;
    this.#mounted = root.mounted;
    this.#lost = null;
    return turn;
  }

  /** Throws RootLost unless the folder is the one it was. */
  prove(): void {
    const now = folderIdentity(this.#root);
    if (this.#identity === null || now === null || !isSameFolder(now, this.#identity)) throw new RootLost();
  }

  /** It is not looked at any more: what is under way means nothing from now on. */
  end(): void {
    this.#era += 1;
  }
}
