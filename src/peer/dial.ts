import { type ConnectionOptions, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { reason, systemCode } from "../shared/errors.ts";
import { type Credentials, ownerOf, TLS } from "./owner.ts";

/** Milliseconds for one address to be connected to and to prove whose it is. */
const DIAL_MS = 5_000;
/** Milliseconds after which the next address is tried beside one that has not answered (RFC 8305 §5 has 250). */
const STAGGER_MS = 250;

/** Why no address led to the member. */
export class DialError extends Error {
  /** Whether one was cut off in the middle, so that it may work in a moment: not refused, silent or somebody else. */
  readonly cut: boolean;

  constructor(message: string, cut: boolean) {
    super(message);
    this.name = "DialError";
    this.cut = cut;
  }
}

/** `tls.connect`, or what does the same better. */
export type ConnectTls = (options: ConnectionOptions & { host: string; port: number }) => TLSSocket;

/** What every connection is made with. */
export interface Dialer {
  readonly certificate: Credentials;
  readonly connect: ConnectTls;
}

/** Who is to be reached, and where. */
export interface Destination {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly port: number;
}

/**
 * A connection to the first of a member's addresses where that member itself proves to be; each is tried when the one
 * before has failed or taken long. Nothing has been sent on it but the handshake. Fails with a DialError that names all.
 */
export function dial(to: Destination, own: Dialer): Promise<{ socket: TLSSocket; host: string }> {
  return new Promise((resolve, reject) => {
    const failures: { host: string; thrown: unknown }[] = [];
    const others = new AbortController();
    let next = 0;
    let timer: NodeJS.Timeout | null = null;
    const fail = () => reject(dialError(to, failures));
    const tryNext = (): void => {
      if (timer !== null) clearTimeout(timer);
      const host = to.hosts[next];
      if (host === undefined) return;
      next += 1;
      timer = setTimeout(tryNext, STAGGER_MS);
      connectTo(host, to, own, others.signal).then(
        (socket) => {
          if (timer !== null) clearTimeout(timer);
          others.abort();
          resolve({ socket, host });
        },
        (thrown: unknown) => {
          if (others.signal.aborted) return;
          failures.push({ host, thrown });
          if (failures.length < to.hosts.length) tryNext();
          else {
            if (timer !== null) clearTimeout(timer);
            fail();
          }
        },
      );
    };
    if (to.hosts.length === 0) fail();
    else tryNext();
  });
}

/** A connection to one address, once the member at it has proven to be the one that is meant. */
function connectTo(host: string, { id, port }: Destination, own: Dialer, stop: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = own.connect({ host, port, secureContext: contextOf(own), ...TLS });
    const end = (thrown: Error) => {
      clearTimeout(timer);
      stop.removeEventListener("abort", stopped);
      socket.destroy();
      reject(thrown);
    };
    const stopped = () => end(new Error("another address was faster"));
    const timer = setTimeout(() => end(new Error(`no connection within ${DIAL_MS} ms`)), DIAL_MS);
    const closed = () => end(new CutOff("it ended the connection"));
    stop.addEventListener("abort", stopped, { once: true });
    // Stays: an error before anybody else listens must end nothing but this connection.
    socket.on("error", end);
    socket.once("close", closed);
    socket.once("secureConnect", () => {
      if (ownerOf(socket) !== id) {
        end(new Error("another member, or none of this group, answers there"));
        return;
      }
      clearTimeout(timer);
      stop.removeEventListener("abort", stopped);
      socket.off("close", closed);
      if (stop.aborted) stopped();
      else resolve(socket);
    });
  });
}

/** Made once of each certificate: reading its key took longer than all else that a handshake costs this end. */
const contexts = new WeakMap<Credentials, SecureContext>();

function contextOf({ certificate }: Dialer): SecureContext {
  const made = contexts.get(certificate) ?? createSecureContext({ ...certificate, ...TLS });
  contexts.set(certificate, made);
  return made;
}

class CutOff extends Error {}

function dialError({ port }: Destination, failures: readonly { host: string; thrown: unknown }[]): DialError {
  const words = failures.map(({ host, thrown }) => `${host}:${port}: ${reason(thrown)}`);
  const cut = failures.some(({ thrown }) => thrown instanceof CutOff || systemCode(thrown) === "ECONNRESET");
  return new DialError(words.join("; ") || "no address known", cut);
}
