import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { BACKLOG, CEILINGS, type Ceilings, ConnectionGuard } from "./connection-guard.ts";
import { GroupShareError, reason, systemCode } from "./errors.ts";
import { Newcomers } from "./newcomers.ts";
import { send } from "./send.ts";

/** What an answer under way has to finish when its server is closed, in milliseconds. Event streams never would. */
const GRACE_MS = 250;

/**
 * How long a request may take to come, in milliseconds: its head, and all of it. They end one that drips in byte by byte,
 * also of a known caller; how long an answer takes is not limited.
 */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
/** How long a connection is kept for a next request, in milliseconds. */
const KEPT_MS = 5_000;

/** Answers a request; `node` is a `Connection`. */
export type Fetch = (request: Request, node: never) => Response | Promise<Response>;

/** What a request came over. */
export interface Connection {
  /** Whoever asks is known: its answer may take as long as it takes. Anybody else's ends when patience with it does. */
  known(): void;
}

/** A listening HTTP server. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  readonly guard: Pick<ConnectionGuard, "size" | "counters">;
  /** Takes up a renewed certificate: from the next handshake on. Only where it serves HTTPS. */
  secure(tls: { readonly cert: string; readonly key: string }): void;
  /** Takes no more requests, lets answers under way finish for a moment, then ends every connection. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly ceilings?: Ceilings;
  /** How long a request may take to come whole, in milliseconds. */
  readonly requestMs?: number;
  /** Serves HTTPS with this certificate chain and key, in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Listens at `host:port`, port 0 for any free one. Fails with `in-use` where another program does already. */
export async function listen(
  fetch: Fetch,
  at: { host: string; port: number },
  use: string,
  options: ListenOptions = {},
): Promise<HttpServer> {
  const guard = new ConnectionGuard(options.ceilings ?? CEILINGS.page);
  const newcomers = options.tls === undefined ? null : new Newcomers();
  const server = createAdaptorServer({
    fetch: (async (request: Request, node: { readonly outgoing: ServerResponse }) =>
      send(await fetch(request, connection(node, guard, newcomers) as never), node.outgoing)) as never,
    // The global Request and Response stay Node's own: replacing them breaks Deno.
    overrideGlobalObjects: false,
    createServer: options.tls === undefined ? createServer : createTlsServer,
    serverOptions: {
      headersTimeout: Math.min(HEAD_MS, options.requestMs ?? REQUEST_MS),
      requestTimeout: options.requestMs ?? REQUEST_MS,
      keepAliveTimeout: KEPT_MS,
      connectionsCheckingInterval: Math.min(1_000, options.requestMs ?? REQUEST_MS),
      ...options.tls,
    },
  } as Parameters<typeof createAdaptorServer>[0]) as Server;
  if (newcomers === null) server.on("connection", (socket) => guard.admit(socket));
  else newcomers.watch(server, guard);
  watch(server, guard);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, at, use)));
    server.listen({ port: at.port, host: at.host, backlog: BACKLOG }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: at.host,
    port,
    guard,
    secure(tls) {
      if ("setSecureContext" in server) (server as TlsServer).setSecureContext({ ...tls });
    },
    close: () =>
      new Promise((resolve) => {
        const end = setTimeout(() => server.closeAllConnections(), GRACE_MS);
        server.close(() => {
          clearTimeout(end);
          resolve();
        });
        server.closeIdleConnections();
        guard.close();
      }),
  };
}

function connection(node: object, guard: ConnectionGuard, newcomers: Newcomers | null): Connection {
  const { socket } = (node as { incoming: IncomingMessage }).incoming;
  const known = (): void => {
    guard.find(socket)?.proven();
    newcomers?.proven(socket.remoteAddress ?? "");
  };
  return Object.assign(node, { known });
}

/** Connections count as unproven until the caller of a request is known, and again when all are answered. */
function watch(server: Server, guard: ConnectionGuard): void {
  const answering = new WeakMap<Socket, number>();
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const held = guard.find(socket);
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    // Requests may be sent ahead: only after the last answer it waits again.
    response.once("close", () => {
      const left = (answering.get(socket) ?? 1) - 1;
      answering.set(socket, left);
      if (left === 0) held?.unproven();
    });
    if (answering.get(socket) === 1) held?.unproven();
  });
}

/** The failure to listen at an address, in words; `use` says what for and how to choose another ("the page (--ui)"). */
export function listenError(thrown: unknown, at: { host: string; port: number }, use: string): GroupShareError {
  const address = `${at.host}:${at.port}`;
  const code = systemCode(thrown);
  if (code === "EADDRINUSE") {
    return new GroupShareError("in-use", `Cannot listen at ${address} for ${use}: another program does already`, {
      hint: "choose another port, or end that program",
      cause: thrown,
    });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new GroupShareError("invalid", `Cannot listen at ${address} for ${use}: it is no address of this machine`, {
      hint: "name one of this machine's addresses, or 0.0.0.0 for all",
      cause: thrown,
    });
  }
  if (code === "EACCES") {
    return new GroupShareError("denied", `Cannot listen at ${address} for ${use}: this user may not`, {
      hint: "choose a port from 1024 up",
      cause: thrown,
    });
  }
  return new GroupShareError("internal", `Cannot listen at ${address} for ${use}: ${reason(thrown)}`, {
    cause: thrown,
  });
}
