import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Answers under way at once: for one member, and for all together. Each may hold a file or a search. */
export const ANSWERS = { each: 32, all: 192 } as const;
/** An answer of which nothing could be written for so long is ended, in milliseconds. */
export const STUCK_MS = 30_000;

interface Answer {
  readonly id: string;
  readonly outgoing: ServerResponse;
  /** How far it had come at the last look, and when that was last something else while bytes waited. */
  come: string;
  movedAt: number;
}

/** What is being answered: from a request until its handler and its connection are both done with it. */
export class Answers {
  readonly #ceilings: { readonly each: number; readonly all: number };
  readonly #stuckMs: number;
  readonly #under = new Set<Answer>();
  readonly #ofMember = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(ceilings: { readonly each: number; readonly all: number } = ANSWERS, stuckMs: number = STUCK_MS) {
    this.#ceilings = ceilings;
    this.#stuckMs = stuckMs;
  }

  get size(): number {
    return this.#under.size;
  }

  /** Whether a further request of this member has to come again in a moment. */
  isFull(id: string): boolean {
    return this.#under.size >= this.#ceilings.all || (this.#ofMember.get(id) ?? 0) >= this.#ceilings.each;
  }

  /** An answer begins; `handled` settles when nothing more is done for it. */
  add(id: string, outgoing: ServerResponse, handled: Promise<unknown>): void {
    const answer: Answer = { id, outgoing, come: "", movedAt: performance.now() };
    this.#under.add(answer);
    this.#ofMember.set(id, (this.#ofMember.get(id) ?? 0) + 1);
    this.#timer ??= setInterval(() => this.#endStuck(), this.#stuckMs / 6).unref();
    const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
    void Promise.allSettled([closed, handled]).then(() => this.#remove(answer));
  }

  #remove(answer: Answer): void {
    this.#under.delete(answer);
    const left = (this.#ofMember.get(answer.id) ?? 1) - 1;
    if (left === 0) this.#ofMember.delete(answer.id);
    else this.#ofMember.set(answer.id, left);
    if (this.#under.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Whoever does not read fills what lies between, and then nothing more can be written. */
  #endStuck(): void {
    const now = performance.now();
    for (const answer of this.#under) {
      const { socket } = answer.outgoing;
      if (socket === null) continue;
      const come = comeTo(socket);
      if (socket.writableLength === 0 || come !== answer.come) Object.assign(answer, { come, movedAt: now });
      else if (now - answer.movedAt >= this.#stuckMs) socket.destroy();
    }
  }
}

/**
 * Bytes given to a TLS connection; and those that wait for the network below it, since a large piece goes out little by
 * little. The latter is where Node's own time-outs look; where it is not to be had, only whole pieces tell.
 */
function comeTo(socket: Socket): string {
  const { _parent: below } = socket as { _parent?: { _handle?: { writeQueueSize?: number } | null } | null };
  return `${socket.bytesWritten} ${below?._handle?.writeQueueSize}`;
}
