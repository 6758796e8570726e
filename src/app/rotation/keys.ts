import type { GenerationMark, Keyring } from "../../membership/mod.ts";
import { type Group, gossipKey } from "../../trust/mod.ts";

/** How far the others are with a secret: they have it, and they seal with it what they send. */
export interface Progress {
  readonly allHave: boolean;
  readonly allSend: boolean;
}

/** What the marks of all others say together; `has`: theirs proves to be of the present secret. */
export function progressOf(
  marks: readonly { readonly mark: GenerationMark | null; readonly has: boolean }[],
  generation: number,
): Progress {
  const ahead = (mark: GenerationMark | null): boolean => mark !== null && mark.generation > generation;
  return {
    allHave: marks.every(({ mark, has }) => has || ahead(mark)),
    allSend: marks.every(({ mark, has }) => (has && mark?.sending === true) || ahead(mark)),
  };
}

/** Members that are here and do not confirm are not waited for any longer, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Brings a new secret into use without anybody losing a word: first it only opens what comes; once all who are here have
 * it, it seals what is sent; once they all send with it too, all other keys are dropped but those of former secrets that
 * still open.
 *
 * The one rule of keys: each generation begins with a clean keyring. It has the key that the group's present secret gives,
 * which sends, and for a day those of the secrets before, unless somebody was removed. Changes by hand hold for this member
 * alone, and until the next generation, over restarts too.
 */
export class KeyTurn {
  readonly #keyring: Keyring;
  readonly #now: () => number;
  #phase: "receiving" | "sending" | "settled" = "settled";
  #since = 0;
  #busy = false;

  /** `now`: milliseconds that never go back. */
  constructor(keyring: Keyring, now: () => number) {
    this.#keyring = keyring;
    this.#now = now;
  }

  /** Whether the present secret seals what this member sends. */
  get sending(): boolean {
    return this.#phase !== "receiving";
  }

  /** The keyring is being changed here, and by nobody's hand. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Milliseconds until the next step is due whatever the others do; null where none is. */
  get due(): number | null {
    return this.#phase === "settled" ? null : Math.max(0, this.#since + PATIENCE - this.#now());
  }

  /** A new secret is known. */
  begin(group: Group): void {
    this.#phase = "receiving";
    this.#since = this.#now();
    this.#change(() => add(this.#keyring, gossipKey(group)));
  }

  /** Takes the steps that are due, and tells whether there were any. */
  look(group: Group, { allHave, allSend }: Progress): boolean {
    const before = this.#phase;
    const over = this.due === 0;
    if (this.#phase === "receiving" && (allHave || over)) {
      this.#phase = "sending";
      this.#change(() => this.#keyring.use(gossipKey(group)));
    }
    if (this.#phase === "sending" && (allSend || over)) {
      this.#phase = "settled";
      this.#change(() => strip(this.#keyring, group));
    }
    return this.#phase !== before;
  }

  /** Secrets of before that open what comes; also those of the other half of a partition. */
  open(former: readonly { readonly secret: Uint8Array }[]): void {
    this.#change(() => {
      for (const key of former.map(gossipKey)) add(this.#keyring, key);
    });
  }

  /** Former secrets whose day is over open nothing any more. */
  expire(former: readonly { readonly secret: Uint8Array }[]): void {
    this.#change(() => {
      for (const key of former.map(gossipKey)) {
        if (this.#keyring.list().slice(1).some(same(key))) this.#keyring.remove(key);
      }
    });
  }

  #change(change: () => void): void {
    this.#busy = true;
    try {
      change();
    } finally {
      this.#busy = false;
    }
  }
}

/** Makes room for a key where there are too many: the last one opens least. */
function add(keyring: Keyring, key: Uint8Array): void {
  const last = keyring.list().at(-1);
  if (keyring.list().length >= MOST && last !== undefined && !keyring.list().some(same(key))) keyring.remove(last);
  keyring.add(key);
}

/** As many as a keyring takes. */
const MOST = 16;

/** Leaves nothing but what the group's secrets give. */
function strip(keyring: Keyring, group: Group): void {
  const wanted = [group, ...group.former].map(gossipKey);
  for (const key of keyring.list().slice(1)) if (!wanted.some(same(key))) keyring.remove(key);
}

const same =
  (key: Uint8Array) =>
  (other: Uint8Array): boolean =>
    Buffer.from(key).equals(other);
