import { GroupShareError } from "../shared/errors.ts";
import { sameBytes } from "./core/address.ts";
import { isKey } from "./wire/seal.ts";

/** Every key costs a try for each datagram that none fits, so there are not many. */
const MOST = 16;

/**
 * The AES keys of the gossip: the first, the primary, seals what is sent, all open what comes. A change holds from the
 * next packet on, for this member alone: until all others have a key it must not be the primary.
 */
export class Keyring {
  #keys: readonly Uint8Array[];
  readonly #changed: (keys: readonly Uint8Array[]) => void;

  /** None: gossip goes in clear. `changed` is told all keys after each change. Fails with "invalid". */
  constructor(keys: readonly Uint8Array[], changed: (keys: readonly Uint8Array[]) => void = () => undefined) {
    for (const key of keys) checked(key, "encrypt gossip");
    this.#keys = keys.filter((key, at) => keys.findIndex((other) => sameBytes(other, key)) === at);
    this.#changed = changed;
  }

  /** 16, 24 or 32 bytes each, the primary first. */
  list(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** Takes a further key to open with; one that is there already stays where it is. */
  add(key: Uint8Array): void {
    checked(key, "add a gossip key");
    this.#mustEncrypt("add a gossip key");
    if (this.#at(key) >= 0) return;
    if (this.#keys.length >= MOST) {
      throw new GroupShareError("conflict", `Cannot add a gossip key: there are ${MOST} already`, {
        hint: "remove one that nobody uses any more",
      });
    }
    this.#become([...this.#keys, key]);
  }

  /** Makes a key that is there the primary. */
  use(key: Uint8Array): void {
    if (this.#at(key) < 0) throw unknown("use a gossip key");
    this.#become([key, ...this.#without(key)]);
  }

  /** Forgets a key; the primary is refused. */
  remove(key: Uint8Array): void {
    const at = this.#at(key);
    if (at < 0) throw unknown("remove a gossip key");
    if (at === 0) {
      throw new GroupShareError("conflict", "Cannot remove a gossip key: it is the one that seals what is sent", {
        hint: "use another one first",
      });
    }
    this.#become(this.#without(key));
  }

  #become(keys: readonly Uint8Array[]): void {
    this.#keys = keys;
    this.#changed(keys);
  }

  #at(key: Uint8Array): number {
    return this.#keys.findIndex((other) => sameBytes(other, key));
  }

  #without(key: Uint8Array): Uint8Array[] {
    return this.#keys.filter((other) => !sameBytes(other, key));
  }

  /** Whoever gossips in clear would not be understood from the next packet on, and would understand nobody. */
  #mustEncrypt(action: string): void {
    if (this.#keys.length > 0) return;
    throw new GroupShareError("conflict", `Cannot ${action}: this member gossips in clear`, {
      hint: "start it with --gossip-key-file FILE",
    });
  }
}

function checked(key: Uint8Array, action: string): void {
  if (isKey(key)) return;
  throw new GroupShareError("invalid", `Cannot ${action}: a key is ${key.length} bytes long`, {
    hint: "keys have 16, 24 or 32 bytes",
  });
}

function unknown(action: string): GroupShareError {
  return new GroupShareError("not-found", `Cannot ${action}: it is not on the keyring`, { hint: "add it first" });
}
