import { Agent, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { LRUCache } from "lru-cache";
import { type Destination, type Dialer, dial } from "./dial.ts";

/** A request's options, with whom it is for. Requests of one `Destination` share connections, and no others do. */
export interface DestinedRequest extends ClientRequestArgs {
  readonly destination: Destination;
}

/** Connections to one member at once: in use, and kept. The client sees to it, as an agent does not count what is being made. */
export const SOCKETS_EACH = 16;
/** How long one is kept, in milliseconds: less than the other end keeps it, which says so in its answers. */
const KEPT_MS = 7_000;
/** Members of which it is remembered where they were reached. */
const REMEMBERED = 1_024;

/** Connections to members: handed over for a request only once the member at the other end has proven to be the one asked. */
export class PinnedAgent extends Agent {
  readonly #own: Dialer;
  /** The host that each member was reached at last: tried first. */
  readonly #reached = new LRUCache<string, string>({ max: REMEMBERED });

  constructor(own: Dialer) {
    super({ keepAlive: true, keepAliveMsecs: 5_000, timeout: KEPT_MS, maxFreeSockets: SOCKETS_EACH });
    this.#own = own;
  }

  override getName(options?: ClientRequestArgs): string {
    const { id, port, hosts } = (options as DestinedRequest).destination;
    return `${id} ${port} ${hosts.join(" ")}`;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { id, port, hosts } = (options as DestinedRequest).destination;
    const before = this.#reached.get(id) ?? "";
    const order = hosts.includes(before) ? [before, ...hosts.filter((host) => host !== before)] : hosts;
    dial({ id, port, hosts: order }, this.#own).then(
      ({ socket, host }) => {
        this.#reached.set(id, host);
        callback?.(null, socket);
      },
      (thrown: Error) => (callback as ((error: Error) => void) | undefined)?.(thrown),
    );
  }
}
