import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { GroupShareError, reason, systemCode } from "./errors.ts";

/** What an answer under way has to finish when its server is closed, in milliseconds. Event streams never would. */
const GRACE_MS = 250;

/** Answers a request; `node` carries the connection. */
export type Fetch = (request: Request, node: never) => Response | Promise<Response>;

/** A listening HTTP server. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Takes no more requests, lets answers under way finish for a moment, then ends every connection. */
  close(): Promise<void>;
}

/** Listens at `host:port`, port 0 for any free one. Fails with `in-use` where another program does already. */
export async function listen(fetch: Fetch, at: { host: string; port: number }, use: string): Promise<HttpServer> {
  // The global Request and Response stay Node's own: replacing them breaks Deno.
  const server = createAdaptorServer({ fetch: fetch as never, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, at, use)));
    server.listen(at.port, at.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: at.host,
    port,
    close: () =>
      new Promise((resolve) => {
        const end = setTimeout(() => server.closeAllConnections(), GRACE_MS);
        server.close(() => {
          clearTimeout(end);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** The failure to listen at an address, in words; `use` says what for and how to choose another ("the page (--ui)"). */
function listenError(thrown: unknown, at: { host: string; port: number }, use: string): GroupShareError {
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
