import { constants, X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { CEILINGS, type Ceilings, ConnectionGuard } from "../shared/connection-guard.ts";
import type { Endpoint } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import { listenError } from "../shared/http-server.ts";
import type { Log } from "../shared/log.ts";
import { Newcomers } from "../shared/newcomers.ts";
import { send } from "../shared/send.ts";
import { ANSWERS, Answers, STUCK_MS } from "./answers.ts";
import type { AskerBindings, Standing } from "./asker.ts";
import type { ConnectTls } from "./dial.ts";
import { type Credentials, keyIdOf, ownerOf, TLS } from "./owner.ts";
import { Twins } from "./twin.ts";
import { Visitors } from "./visitors.ts";

export interface PeerServerOptions {
  readonly certificate: Credentials;
  /** What members may ask. */
  readonly routes: Hono;
  /** What those may ask as well who are only known. */
  readonly open: Hono;
  /** What the owner of a member id may ask now: asked at each connection, and for each request again. */
  standing(id: string): Standing;
  readonly log: Log;
  readonly ceilings?: Ceilings;
  /** Answers under way: of one member, and of all together. */
  readonly answers?: { readonly each: number; readonly all: number };
  /** How long nothing of an answer may be read before it is ended, in milliseconds. */
  readonly stuckMs?: number;
  /** As of `PeerClient`. */
  readonly connect?: ConnectTls;
  /** Addresses where gossip tells of a member: its connections are taken in however many others come. */
  memberHosts?(): Iterable<string>;
}

/** Milliseconds for a handshake, for a request's head and for all of it, and that a connection is kept for a next one. */
const TIMES = { handshakeTimeout: 10_000, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 8_000 };
/** Bytes of a request's head: the longest path, each byte of it percent-encoded, and some. */
const HEAD_BYTES = 16_384;
const HEADERS = 64;
/** Seconds after which who found too many answers under way may ask again. */
const BUSY_S = 1;
/** Milliseconds that answers under way have to finish when the server is closed. */
const GRACE_MS = 250;

/**
 * The port where other members ask this one: HTTPS, TLS 1.3, certificates both ways (DESIGN §7). A connection of nobody who
 * may ask is ended before a byte of HTTP is parsed, one of a member that is none any more with its next request, or at the
 * next `review`. Who is ended gets no word and no status: a stranger learns the certificate, and that is all. One request
 * is answered at a time on each connection, so whoever sends a second one ahead is ended as well.
 */
export class PeerServer {
  readonly counters = { handshakes: 0, strangers: 0, requests: 0, ahead: 0, busy: 0 };
  readonly #server: Server;
  readonly #guard: ConnectionGuard;
  readonly #visitors = new Visitors();
  readonly #newcomers: Newcomers;
  readonly #answers: Answers;
  readonly #id: string;
  readonly #twins: Twins;
  readonly #options: PeerServerOptions;
  /** Who asks what is being answered. */
  readonly #askers = new WeakMap<IncomingMessage, AskerBindings>();

  private constructor(options: PeerServerOptions) {
    this.#options = options;
    this.#guard = new ConnectionGuard(options.ceilings ?? CEILINGS.peer);
    this.#answers = new Answers(options.answers ?? ANSWERS, options.stuckMs ?? STUCK_MS);
    const { certificate } = options;
    this.#id = keyIdOf(new X509Certificate(certificate.cert)) ?? "";
    this.#twins = new Twins(this.#id, { certificate, connect: options.connect ?? connect });
    this.#server = createServer(
      {
        ...options.certificate,
        ...TLS,
        ...TIMES,
        requestCert: true,
        // No tickets, and nothing kept that a session could be resumed from; one that is resumed all the same is refused.
        secureOptions: constants.SSL_OP_NO_TICKET,
        maxHeaderSize: HEAD_BYTES,
        connectionsCheckingInterval: 1_000,
      },
      this.#listener(),
    );
    this.#server.maxHeadersCount = HEADERS;
    this.#newcomers = new Newcomers(() => options.memberHosts?.() ?? []);
    this.#newcomers.watch(this.#server, this.#guard);
    this.#checkBeforeHttp();
  }

  /** Listens at `host:port`, port 0 for any free one. Fails with `in-use` where another program does already. */
  static async listen(options: PeerServerOptions, at: Endpoint): Promise<PeerServer> {
    const made = new PeerServer(options);
    await new Promise<void>((resolve, reject) => {
      made.#server.once("error", (error) => reject(listenError(error, at, "other members (--peer)")));
      made.#server.listen(at.port, at.host, resolve);
    });
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What the guard of its connections counts. */
  get guard(): Pick<ConnectionGuard, "size" | "counters"> {
    return this.#guard;
  }

  /** Connections of strangers that were ended before their handshake, since they came too fast. */
  get tooFast(): number {
    return this.#newcomers.tooFast;
  }

  /** Answers under way. */
  get answering(): number {
    return this.#answers.size;
  }

  /** Whether another program, not this one, proves at one of these hosts that it has this server's own key. Within 3 s. */
  runsAt(hosts: readonly string[], port: number): Promise<boolean> {
    return this.#twins.runsAt(hosts, port);
  }

  /** Ends the connections of those who may ask nothing any more, in the middle of an answer too. */
  review(): void {
    this.#visitors.review((id) => this.#options.standing(id));
  }

  /** Takes nothing more, lets answers under way finish for a moment, then ends every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const end = setTimeout(() => this.#visitors.review(() => null), GRACE_MS);
      this.#server.close(() => {
        clearTimeout(end);
        resolve();
      });
      this.#server.closeIdleConnections();
      this.#guard.close();
    });
  }

  /** HTTP's own listener for new connections is taken away, and given only those of who may ask something. */
  #checkBeforeHttp(): void {
    const server = this.#server;
    const toHttp = server.listeners("secureConnection") as ((socket: TLSSocket) => void)[];
    server.removeAllListeners("secureConnection");
    server.on("secureConnection", (socket: TLSSocket) => {
      socket.on("error", () => undefined);
      this.counters.handshakes += 1;
      const id = ownerOf(socket);
      const standing = id === null ? null : this.#options.standing(id);
      if (id !== null && id === this.#id) this.#twins.greet(socket);
      else if (id === null || standing === null) {
        this.counters.strangers += 1;
        this.#options.log.debug("a stranger on the peer port", { address: socket.remoteAddress, id });
        socket.destroy();
      } else if (!this.#keeps(socket, standing) || !this.#visitors.admit(socket, id, standing)) {
        socket.destroy();
      } else {
        if (standing === "member") this.#newcomers.proven(socket.remoteAddress ?? "");
        for (const listener of toHttp) listener.call(server, socket);
      }
    });
  }

  /** The places of the proven are members': whoever was removed, or is only told of, may go to make room. */
  #keeps(socket: TLSSocket, standing: Exclude<Standing, null>): boolean {
    const held = this.#guard.find(socket);
    return held !== null && (standing === "known" || held.proven());
  }

  #listener(): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
    const { routes, open, log } = this.#options;
    const answer = getRequestListener(
      async (request, env) => {
        const { incoming, outgoing } = env as unknown as { incoming: IncomingMessage; outgoing: ServerResponse };
        const bound: Partial<AskerBindings> = Object.assign(env, this.#askers.get(incoming));
        const response = await (bound.standing === "member" ? routes : open).fetch(request, bound);
        return await send(response, outgoing, (thrown) =>
          log.warn("an answer to a member was cut off", { path: incoming.url, why: reason(thrown) }),
        );
      },
      // The global Request and Response stay Node's own: replacing them breaks Deno.
      { overrideGlobalObjects: false },
    );
    return (incoming, outgoing) => {
      // Not `outgoing`'s: one that was sent ahead has none yet.
      const socket = incoming.socket as TLSSocket;
      const asker = asksOnly(incoming) ? this.#visitors.who(socket) : null;
      const standing = asker === null ? null : this.#options.standing(asker);
      if (asker === null || standing === null || !this.#keeps(socket, standing)) {
        socket.destroy();
        return;
      }
      if (!this.#visitors.begin(socket, standing, outgoing)) {
        this.counters.ahead += 1;
        socket.destroy();
        return;
      }
      // What is kept for a next request makes room for others where there is little.
      outgoing.once("close", () => {
        if (this.#visitors.end(socket, outgoing)) this.#guard.find(socket)?.unproven();
      });
      if (this.#answers.isFull(asker)) {
        this.counters.busy += 1;
        outgoing.writeHead(503, { "Retry-After": String(BUSY_S), "Content-Length": "0" }).end();
        return;
      }
      this.counters.requests += 1;
      this.#askers.set(incoming, { asker, standing });
      const handled = answer(incoming, outgoing).catch((thrown: unknown) => {
        log.error("a member's request could not be answered", { path: incoming.url, why: reason(thrown) });
        socket.destroy();
      });
      this.#answers.add(asker, outgoing, handled);
    };
  }
}

/** Members ask, and send nothing: what nobody reads would pile up. */
function asksOnly({ method, headers }: IncomingMessage): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}
