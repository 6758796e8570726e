import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Identity } from "../../src/trust/mod.ts";

/** A port of somebody's who waits to be taken for another: it shakes hands with anybody, and keeps what it is then asked. */
export class Trap {
  readonly #server: Server;
  readonly #open = new Set<TLSSocket>();
  connections = 0;
  /** All that was said after handshakes, in Latin-1. */
  heard = "";

  private constructor({ certificate }: Identity) {
    this.#server = createServer({
      ...certificate,
      minVersion: "TLSv1.3",
      requestCert: true,
      rejectUnauthorized: false,
    });
    this.#server.on("connection", () => {
      this.connections += 1;
    });
    this.#server.on("tlsClientError", () => undefined);
    this.#server.on("secureConnection", (socket) => {
      this.#open.add(socket);
      socket.on("data", (chunk) => {
        this.heard += chunk.toString("latin1");
      });
      socket.on("error", () => undefined);
      socket.on("close", () => this.#open.delete(socket));
    });
  }

  static async open(as: Identity, host: string): Promise<Trap> {
    const trap = new Trap(as);
    trap.#server.listen(0, host);
    await once(trap.#server, "listening");
    return trap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
