import { once } from "node:events";
import { connect, createServer, isIPv4, isIPv6, type Server, type Socket } from "node:net";
import { DgramAsPromised, type SocketAsPromised } from "dgram-as-promised";
import { CEILINGS, ConnectionGuard } from "../shared/connection-guard.ts";
import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { GroupShareError, reason, systemCode } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { isWildcard } from "./endpoint.ts";
import { connectionOf } from "./tcp-connection.ts";
import type { Connection, Transport, TransportListener } from "./transport.ts";

/** memberlist asks for this much, and takes less where the system gives less. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;
/** Connections that may wait to be accepted: where a flood fills this queue, an honest one waits a second to try again. */
const BACKLOG = 4_096;
/** A port that TCP got and UDP did not is given back, and another tried. */
const ATTEMPTS = 10;

/** Listens on TCP and UDP at one port; 0 is any. Throws "in-use", "invalid" or "denied", naming the address. */
export async function openUdpTcp(bind: Endpoint, log: Log): Promise<Transport> {
  for (let attempt = 1; ; attempt++) {
    const server = await listenTcp(bind);
    const port = portOf(server);
    try {
      return new UdpTcp({ host: bind.host, port }, server, await bindUdp({ host: bind.host, port }), log);
    } catch (thrown) {
      server.close();
      await once(server, "close");
      if (bind.port === 0 && attempt < ATTEMPTS && systemCode(thrown) === "EADDRINUSE") continue;
      throw listenError({ host: bind.host, port }, "UDP", thrown);
    }
  }
}

class UdpTcp implements Transport {
  readonly bound: Endpoint;
  readonly v6: boolean;
  readonly #server: Server;
  readonly #udp: SocketAsPromised;
  readonly #sockets = new Set<Socket>();
  readonly #guard = new ConnectionGuard(CEILINGS.gossip);
  #listener: TransportListener | null = null;
  #closed = false;

  constructor(bound: Endpoint, server: Server, udp: SocketAsPromised, log: Log) {
    this.bound = bound;
    this.v6 = isIPv6(bound.host);
    this.#server = server;
    this.#udp = udp;
    server.on("error", (error) => log.warn("the gossip port has trouble", { why: reason(error) }));
    server.on("connection", (socket) => this.#accept(socket));
    // Not its iterator nor recv(): those listen only while a call waits, and lose what comes in between (measured).
    udp.socket.on("message", (bytes, from) => this.#listener?.packet(bytes, { host: from.address, port: from.port }));
    udp.socket.on("error", (error) => log.debug("a datagram came back", { why: reason(error) }));
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
  }

  async send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    const host = this.v6 && isIPv4(to.host) ? `::ffff:${to.host}` : to.host;
    await this.#udp.send(bytes, to.port, host);
  }

  dial(to: Endpoint, timeoutMs: number): Promise<Connection> {
    const local = isWildcard(this.bound.host) ? {} : { localAddress: this.bound.host };
    const socket = connect({ host: to.host, port: to.port, noDelay: true, ...local });
    // Whom this member dialled has nothing to prove.
    const connection = this.#keep(socket, () => true);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error("no answer in time")), timeoutMs);
      socket.once("connect", () => {
        clearTimeout(timer);
        resolve(connection);
      });
      socket.once("error", (error) => reject(new Error(dialRefusal(error))));
      socket.once("close", () => {
        clearTimeout(timer);
        reject(new Error("this member is leaving"));
      });
      if (this.#closed) socket.destroy();
    });
  }

  get turnedAway(): number {
    const { refused, evicted, timedOut } = this.#guard.counters;
    return refused + evicted + timedOut;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#guard.close();
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await Promise.all([closed, this.#udp.close()]);
  }

  #accept(socket: Socket): void {
    if (this.#closed || this.#listener === null) {
      socket.destroy();
      return;
    }
    const admitted = this.#guard.admit(socket);
    if (admitted !== null) this.#listener.connection(this.#keep(socket, admitted.proven));
  }

  #keep(socket: Socket, proven: () => boolean): Connection {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return connectionOf(socket, proven);
  }
}

async function listenTcp(bind: Endpoint): Promise<Server> {
  const server = createServer({ noDelay: true });
  const listening = once(server, "listening");
  server.listen({ host: bind.host, port: bind.port, backlog: BACKLOG });
  try {
    await listening;
    return server;
  } catch (thrown) {
    throw listenError(bind, "TCP", thrown);
  }
}

async function bindUdp({ host, port }: Endpoint): Promise<SocketAsPromised> {
  const socket = DgramAsPromised.createSocket({ type: isIPv6(host) ? "udp6" : "udp4" });
  try {
    await socket.bind(port, host);
  } catch (thrown) {
    await socket.close().catch(() => undefined);
    throw thrown;
  }
  for (let size = RECEIVE_BUFFER; size >= 64 * 1024; size /= 2) {
    try {
      socket.setRecvBufferSize(size);
      break;
    } catch {
      // less, then
    }
  }
  return socket;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}

function listenError(at: Endpoint, protocol: string, thrown: unknown): GroupShareError {
  const action = `Cannot listen for gossip on "${endpointText(at)}" (${protocol})`;
  switch (systemCode(thrown)) {
    case "EADDRINUSE":
      return new GroupShareError("in-use", `${action}: another program has this port`, {
        hint: "choose another with --gossip HOST:PORT; port 0 takes any free one",
        cause: thrown,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new GroupShareError("invalid", `${action}: this machine has no such address`, {
        hint: "use an address of this machine, or 0.0.0.0 for all of them",
        cause: thrown,
      });
    case "EACCES":
      return new GroupShareError("denied", `${action}: this user may not use this port`, {
        hint: "choose a port above 1023",
        cause: thrown,
      });
    default:
      return new GroupShareError("internal", `${action}: ${reason(thrown)}`, { cause: thrown });
  }
}

function dialRefusal(thrown: unknown): string {
  switch (systemCode(thrown)) {
    case "ECONNREFUSED":
      return "nobody listens there";
    case "ETIMEDOUT":
      return "no answer in time";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no way leads there";
    default:
      return reason(thrown);
  }
}
