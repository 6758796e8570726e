import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Standing } from "./asker.ts";

/** Connections that one may have at once: a member twice what its own client opens; who is only known asks one thing. */
const EACH = { member: 32, known: 2 } as const;
/** Milliseconds that the first request on a connection may take to come. */
const FIRST_MS = 10_000;

interface Visit {
  readonly id: string;
  /** What is being answered, and whether that is as a member's. */
  answer: ServerResponse | null;
  asMember: boolean;
  readonly patience: NodeJS.Timeout;
}

/** Whose connection is whose, for as long as it is open. */
export class Visitors {
  readonly #visits = new Map<Socket, Visit>();
  readonly #counts = new Map<string, number>();

  /** false where this one has too many already. */
  admit(socket: Socket, id: string, standing: Exclude<Standing, null>): boolean {
    const count = this.#counts.get(id) ?? 0;
    if (count >= EACH[standing] || socket.destroyed) return false;
    const patience = setTimeout(() => socket.destroy(), FIRST_MS).unref();
    this.#counts.set(id, count + 1);
    this.#visits.set(socket, { id, answer: null, asMember: false, patience });
    socket.once("close", () => {
      clearTimeout(patience);
      this.#visits.delete(socket);
      const left = (this.#counts.get(id) ?? 1) - 1;
      if (left === 0) this.#counts.delete(id);
      else this.#counts.set(id, left);
    });
    return true;
  }

  /** Member id of the one at the other end; null where it was not admitted, or is gone. */
  who(socket: Socket): string | null {
    return this.#visits.get(socket)?.id ?? null;
  }

  /** A request has come, and is answered to one of this standing. false: the one before is not answered yet. */
  begin(socket: Socket, standing: Exclude<Standing, null>, answer: ServerResponse): boolean {
    const visit = this.#visits.get(socket);
    // Where all of an answer is out, the next request may come before its "close" does.
    if (visit === undefined || visit.answer?.writableFinished === false) return false;
    clearTimeout(visit.patience);
    visit.answer = answer;
    visit.asMember = standing === "member";
    return true;
  }

  /** An answer is over: whether the connection waits for a next request now. */
  end(socket: Socket, answer: ServerResponse): boolean {
    const visit = this.#visits.get(socket);
    if (visit?.answer !== answer) return false;
    visit.answer = null;
    return true;
  }

  /** Ends the connections of those who may ask nothing, or get an answer that is not for one of their standing. */
  review(standing: (id: string) => Standing): void {
    const standings = new Map([...this.#counts.keys()].map((id) => [id, standing(id)]));
    for (const [socket, { id, answer, asMember }] of this.#visits) {
      const now = standings.get(id) ?? null;
      if (now === null || (now !== "member" && answer !== null && asMember)) socket.destroy();
    }
  }
}
