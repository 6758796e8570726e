import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { GroupShareError, reason, systemCode } from "../shared/errors.ts";
import { type DestinedRequest, PinnedAgent, SOCKETS_EACH } from "./agent.ts";
import { bodyOf } from "./body.ts";
import { DialError, type Dialer } from "./dial.ts";
import { Slots } from "./slots.ts";

/** What another member answered; the body has not been read yet. */
export interface PeerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
}

/** A member, and where its peer port can be reached. */
export interface PeerAddresses {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Tried in this order, after the one that worked last. */
  readonly hosts: readonly string[];
  readonly port: number;
}

/** Requests under way to all members at once: each has a connection, and a program may have only so many files open. */
const REQUESTS = 256;
/** A member that has not begun to answer within this many milliseconds is given up. How it goes on is watched by who reads. */
const SILENCE_MS = 10_000;
/**
 * Milliseconds before each further try where a connection ended without an answer: one that was kept and ended just then; a
 * member that has not heard of this one yet, as gossip takes a moment; or one so flooded that it ends connections unseen.
 */
const AGAIN_MS = [0, 50, 100, 200, 400, 800, 1_600, 3_200];
/** The longest pause, in milliseconds, that one which has too much to do may ask for. */
const BUSY_MS = 3_000;

/** Asks other members over HTTPS, each under its own key, with connections kept for the next request. */
export class PeerClient {
  readonly #agent: PinnedAgent;
  readonly #slots = new Slots(SOCKETS_EACH, REQUESTS);

  /** `connect` is `tls.connect`, unless the runtime needs another (platform/tls-client.ts). */
  constructor(options: Pick<Dialer, "certificate"> & Partial<Dialer>) {
    this.#agent = new PinnedAgent({ connect, ...options });
  }

  /**
   * GET a path of a member. Fails with `unreachable` when it answers at none of its addresses, or not as itself. One that
   * has too much to do (503 with Retry-After) is asked again for a while, and then what it says is the answer.
   */
  async get(
    member: PeerAddresses,
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<PeerResponse> {
    const patience = performance.now() + SILENCE_MS;
    for (const wait of [...AGAIN_MS, null]) {
      init.signal.throwIfAborted();
      let pause = wait ?? 0;
      try {
        const answer = await this.#ask(member, path, init);
        const busy = busyFor(answer);
        pause = Math.max(pause, busy ?? 0);
        if (busy === null || wait === null || performance.now() + pause > patience) return toResponse(answer);
        // An empty one leaves its connection for the next; one with a body could go on for ever.
        if (answer.headers["content-length"] === "0") answer.resume();
        else answer.destroy();
      } catch (thrown) {
        init.signal.throwIfAborted();
        if (wait === null || !mayWork(thrown) || performance.now() + wait > patience) throw unreachable(member, thrown);
      }
      await sleep(pause, undefined, { signal: init.signal }).catch(() => init.signal.throwIfAborted());
    }
    throw unreachable(member, new Error("it ended every connection"));
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(
    destination: PeerAddresses,
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const done = await this.#slots.take(destination.id, init.signal);
    return await new Promise((resolve, reject) => {
      const options: DestinedRequest = {
        destination,
        path,
        agent: this.#agent,
        // The name in every certificate: addresses and ports are no business of what is asked.
        headers: { ...init.headers, Host: "groupshare" },
        signal: init.signal,
      };
      const asked = request(options);
      let timer: NodeJS.Timeout | undefined;
      asked.once("socket", () => {
        timer = setTimeout(() => asked.destroy(new Silence(`no reply for ${SILENCE_MS} ms`)), SILENCE_MS);
      });
      asked.once("response", (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      // A late one, after the answer has begun, is told to who reads it.
      asked.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      // After the whole answer, or whatever came instead of it.
      asked.once("close", () => {
        done();
        reject(new Error("it ended the connection"));
      });
      asked.end();
    });
  }
}

/** Milliseconds after which one that has too much to do wants to be asked again; null where it does not say so. */
function busyFor({ statusCode, headers }: IncomingMessage): number | null {
  const after = Number(headers["retry-after"] ?? Number.NaN);
  if (statusCode !== 503 || !(after >= 0)) return null;
  return Math.min(after * 1_000, BUSY_MS);
}

class Silence extends Error {}

/** Whether the same may work in a moment: not where nobody is there, another is, or one that says nothing, or no HTTP. */
function mayWork(thrown: unknown): boolean {
  if (thrown instanceof DialError) return thrown.cut;
  return !(thrown instanceof Silence) && systemCode(thrown)?.startsWith("HPE_") !== true;
}

function unreachable(member: PeerAddresses, thrown: unknown): GroupShareError {
  return new GroupShareError("unreachable", `Cannot reach "${member.name}": ${reason(thrown)}`, {
    hint: "check that no firewall closes its peer port",
  });
}

function toResponse(message: IncomingMessage): PeerResponse {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  return { status: message.statusCode ?? 0, headers, body: bodyOf(message) };
}
