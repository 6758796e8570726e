import { Agent, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { GroupShareError, reason } from "../shared/errors.ts";

/** What another member answered; the body has not been read yet. */
export interface PeerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
}

/** Where a member's peer port can be reached: tried in this order. */
export interface PeerAddresses {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly port: number;
}

/** A member that answers neither within this many milliseconds, nor sends another byte, is given up. */
const SILENCE_MS = 10_000;

/** Asks other members over HTTP, with connections kept for the next request. */
export class PeerClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16, keepAliveMsecs: 5_000 });

  /** GET a path of a member. Fails with `unreachable` when none of its addresses answers. */
  async get(
    member: PeerAddresses,
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<PeerResponse> {
    const failures: string[] = [];
    for (const host of member.hosts) {
      init.signal.throwIfAborted();
      try {
        return toResponse(await this.#ask(host, member.port, path, init));
      } catch (thrown) {
        init.signal.throwIfAborted();
        failures.push(`${host}:${member.port}: ${reason(thrown)}`);
      }
    }
    throw new GroupShareError(
      "unreachable",
      `Cannot reach "${member.name}": ${failures.join("; ") || "no address known"}`,
      {
        hint: "check that no firewall closes its peer port",
      },
    );
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(
    host: string,
    port: number,
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request({ host, port, path, agent: this.#agent, headers: init.headers ?? {}, signal: init.signal });
      asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error(`no reply for ${SILENCE_MS} ms`)));
      asked.on("response", resolve);
      asked.on("error", reject);
      asked.end();
    });
  }
}

function toResponse(message: IncomingMessage): PeerResponse {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  const body = Readable.toWeb(message) as NodeStream<Uint8Array> as ReadableStream<Uint8Array>;
  return { status: message.statusCode ?? 0, headers, body };
}
