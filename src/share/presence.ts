import { type Identity, isSameFolder } from "./core/compare.ts";
import { RootLost } from "./pass.ts";
import type { Ground } from "./protocol.ts";
import { folderIdentity, lookAtRoot } from "./root.ts";

/** What became of a share's folder since it was last looked at. */
export type Turn = "same" | "gone" | "still gone" | "another" | "back";

/** Whether a share's folder is there, and which folder it is. */
export class Presence {
  readonly #root: string;
  /** Which folder it is; null while it is offline. */
  #identity: Identity | null = null;
  #ground: Ground;
  readonly #holds: () => boolean;
  #era = 0;
  #lost: string | null = null;

  /** `ground`: as it was when it was last seen. `holds`: whether anything is known to be in it. */
  constructor(root: string, { mount, own, beneath }: Ground, holds: () => boolean) {
    this.#root = root;
    this.#ground = { mount, own, beneath };
    this.#holds = holds;
  }

  get online(): boolean {
    return this.#identity !== null;
  }

  get ground(): Ground {
    return this.#ground;
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
    const root = lookAtRoot(this.#root, this.#ground, this.#identity);
    if (root.kind === "lost") {
      const first = this.#lost === null;
      this.#lost = root.advice === null ? root.why : `${root.why}; ${root.advice}`;
      if (!first) return "still gone";
      this.#era += 1;
      this.#identity = null;
      return "gone";
    }
    if (this.#identity !== null && isSameFolder(root.identity, this.#identity)) return "same";
    const turn = this.#identity === null ? "back" : "another";
    this.#era += 1;
    this.#identity = root.identity;
    this.#stand(root.identity, root.mount);
    this.#lost = null;
    return turn;
  }

  #stand(identity: Identity, mount: string | null): void {
    const { mount: before, own } = this.#ground;
    let { beneath } = this.#ground;
    // A drive was mounted over it, or one went. What was empty was a mount point and nothing else.
    if (mount !== before) beneath = (mount?.length ?? 0) > (before?.length ?? 0) && this.#holds() ? own : null;
    const same = own !== null && isSameFolder(own, identity);
    this.#ground = { mount, own: same ? own : identity, beneath };
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
