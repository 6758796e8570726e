import { hostOf } from "../shared/connection-guard.ts";
import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import type { Input } from "./core/effects.ts";
import type { StreamMessage } from "./core/message.ts";
import type { Connection, Transport } from "./transport.ts";
import type { Wire } from "./wire/layers.ts";
import type { Replays } from "./wire/replays.ts";
import { encodeStream, StreamReader } from "./wire/stream.ts";

interface Open {
  readonly dialled: boolean;
  readonly reader: StreamReader;
  readonly deadline: NodeJS.Timeout;
  connection: Connection | null;
  held: number;
}

/** Bytes that all streams together may hold while their messages are not whole. */
const MAX_HELD = 64 * 1024 * 1024;

export interface StreamsOptions {
  readonly transport: Transport;
  readonly wire: Wire;
  readonly replays: Replays;
  /** How long another may take with a stream it opened, in milliseconds. */
  readonly timeoutMs: number;
  /** What happens to streams, for the core. */
  feed(input: Input): void;
  /** A stream came to be whose end here is `local`; told before the core hears of what comes over it. */
  met(local: Endpoint, message: StreamMessage | null): void;
  /** What came could not be understood. */
  refused(from: Endpoint, why: string): void;
  /** So many members of a list said what cannot be, and were left out of it. */
  leftOut(from: string, count: number): void;
}

/** The streams between the core, which knows them by number, and the transport. Each carries one message each way. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<number, Open>();
  #inbound = 0;
  #held = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  dial(stream: number, to: Endpoint, timeoutMs: number): void {
    const open = this.#add(stream, true, timeoutMs);
    this.#options.transport.dial(to, timeoutMs).then(
      (connection) => {
        if (this.#open.get(stream) !== open) connection.destroy();
        else {
          this.#listen(stream, open, connection);
          this.#options.met(connection.local, null);
          this.#options.feed({ kind: "connected", stream });
        }
      },
      (thrown) => this.#fail(stream, reason(thrown)),
    );
  }

  /** Another opened this one. */
  accept(connection: Connection): void {
    this.#inbound -= 1;
    const stream = this.#inbound;
    this.#listen(stream, this.#add(stream, false, this.#options.timeoutMs), connection);
  }

  say(stream: number, message: StreamMessage): void {
    const open = this.#open.get(stream);
    if (open?.connection == null) return;
    open.connection.write(encodeStream(message, this.#options.wire, open.dialled));
    if (open.dialled) return;
    open.connection.finish();
    // Its deadline stays, so that who does not read does not keep it for ever.
  }

  hangUp(stream: number): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    this.#open.delete(stream);
    this.#held -= open.held;
    clearTimeout(open.deadline);
    open.connection?.destroy();
  }

  close(): void {
    for (const stream of this.#open.keys()) this.hangUp(stream);
  }

  #add(stream: number, dialled: boolean, timeoutMs: number): Open {
    const deadline = setTimeout(() => this.#fail(stream, "no answer in time"), timeoutMs);
    const reader = new StreamReader(this.#options.wire, dialled, this.#options.replays);
    const open: Open = { dialled, reader, deadline, connection: null, held: 0 };
    this.#open.set(stream, open);
    return open;
  }

  #listen(stream: number, open: Open, connection: Connection): void {
    open.connection = connection;
    let done = false;
    connection.listen(
      (chunk) => {
        if (done || this.#open.get(stream) !== open) return;
        const read = open.reader.push(chunk);
        this.#hold(open);
        while (this.#held > MAX_HELD) this.#fail(this.#heaviest(), "too much is held for all streams together");
        if (read === "more" || this.#open.get(stream) !== open) return;
        done = true;
        if ("refused" in read) {
          this.#options.refused(connection.remote, read.refused);
          this.#fail(stream, `its answer was refused: ${read.refused}`);
        } else if (!connection.proven()) {
          this.#fail(stream, "too many are here already");
        } else {
          if (open.reader.leftOut > 0) this.#options.leftOut(endpointText(connection.remote), open.reader.leftOut);
          if (!open.dialled) this.#options.met(connection.local, read);
          this.#options.feed({ kind: open.dialled ? "answered" : "asked", stream, message: read });
        }
      },
      (why) => {
        if (this.#open.get(stream) === open) this.#fail(stream, why);
      },
    );
  }

  #hold(open: Open): void {
    this.#held += open.reader.size - open.held;
    open.held = open.reader.size;
  }

  /** The stream to give up where too much is held: the largest of the host that holds most, so never a small honest one. */
  #heaviest(): number {
    const ofHost = new Map<string, { held: number; largest: number; size: number }>();
    for (const [stream, { connection, held }] of this.#open) {
      const host = hostOf(connection?.remote.host ?? "");
      const known = ofHost.get(host) ?? { held: 0, largest: stream, size: -1 };
      known.held += held;
      if (held > known.size) Object.assign(known, { largest: stream, size: held });
      ofHost.set(host, known);
    }
    let most = { held: -1, largest: 0 };
    for (const host of ofHost.values()) if (host.held > most.held) most = host;
    return most.largest;
  }

  #fail(stream: number, why: string): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    this.hangUp(stream);
    if (open.dialled) this.#options.feed({ kind: "failed", stream, why });
  }
}
