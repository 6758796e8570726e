import type { Socket } from "node:net";
import { reason } from "../shared/errors.ts";
import type { Connection } from "./transport.ts";

/** A connected socket as the protocol sees it. Errors end it, and are told once. */
export function connectionOf(socket: Socket, proven: () => boolean): Connection {
  let tell: ((why: string) => void) | null = null;
  let ended: string | null = null;
  const end = (why: string): void => {
    if (ended !== null) return;
    ended = why;
    tell?.(why);
  };
  socket.on("error", (error) => end(reason(error)));
  socket.on("close", () => end("it hung up"));
  return {
    get local() {
      return { host: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    },
    get remote() {
      return { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    },
    listen(arrived, told) {
      tell = told;
      socket.on("data", arrived);
      if (ended !== null) told(ended);
    },
    proven,
    write: (bytes) => void socket.write(bytes),
    finish: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
