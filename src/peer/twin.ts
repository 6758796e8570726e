import { randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { LRUCache } from "lru-cache";
import { type Dialer, dial } from "./dial.ts";

/** Milliseconds for all of a proof. */
const PROOF_MS = 3_000;
/** Hosts that are tried. */
const MOST_HOSTS = 4;
/** Words of this program that are remembered: far more than it asks for at once. */
const REMEMBERED = 64;
/** Random bytes in a word, which is hex digits. */
const WORD_BYTES = 16;

/**
 * Finds out whether another program runs with this member's own key, from a copied identity. The key alone does not tell:
 * whoever passes the bytes of a connection on to this very member's port has it prove its key to itself. So who comes with
 * our own key gets a word, chosen at random for this one connection: a word that we gave out is our own voice. It comes over
 * TLS, from whoever has the key, so nobody in between can change it; one that was left out or cut proves nothing.
 */
export class Twins {
  readonly #id: string;
  readonly #own: Dialer;
  readonly #given = new LRUCache<string, true>({ max: REMEMBERED });

  /** `id`: of the key that `own` shows. */
  constructor(id: string, own: Dialer) {
    this.#id = id;
    this.#own = own;
  }

  /** Somebody has proven to have our own key: it is given a word, and nothing else. */
  greet(socket: TLSSocket): void {
    const word = randomBytes(WORD_BYTES).toString("hex");
    this.#given.set(word, true);
    socket.resume();
    socket.end(word);
  }

  /** Whether another with our key answers at one of these hosts, within 3 s. Never rejects. */
  async runsAt(hosts: readonly string[], port: number): Promise<boolean> {
    const stop = AbortSignal.timeout(PROOF_MS);
    const late = new Promise<false>((resolve) => stop.addEventListener("abort", () => resolve(false), { once: true }));
    const asked = [...new Set(hosts)].slice(0, MOST_HOSTS).map((host) => this.#ask(host, port, stop));
    return await Promise.race([late, Promise.any(asked).catch(() => false as const)]);
  }

  /** Fails where another with our key is not there. */
  async #ask(host: string, port: number, stop: AbortSignal): Promise<true> {
    const { socket } = await dial({ id: this.#id, hosts: [host], port }, this.#own);
    try {
      if (this.#given.has(await wordOf(socket, stop))) throw new Error("it is this program itself");
      return true;
    } finally {
      socket.destroy();
    }
  }
}

/** What is said first on a connection. Fails where that is no word. */
function wordOf(socket: TLSSocket, stop: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const end = () => reject(new Error("it gave no word"));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length < 2 * WORD_BYTES) return;
      if (/^[0-9a-f]+$/.test(text) && text.length === 2 * WORD_BYTES) resolve(text);
      else end();
    });
    socket.once("end", end);
    socket.once("close", end);
    if (stop.aborted) end();
    stop.addEventListener("abort", end, { once: true });
  });
}
