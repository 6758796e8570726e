import type { Address } from "./address.ts";
import { type Core, GOODBYE_TO_ADDRESS } from "./core.ts";
import { flush } from "./gossip.ts";
import { announceSelf, hearAccusation } from "./merge.ts";
import type { UserMessage } from "./message.ts";
import { isPresent } from "./nodes.ts";

/** Between what is said before the goodbye and the goodbye: receivers may take what comes together in any order. */
const FAREWELL_AHEAD = 60;
/** A goodbye takes no longer, whatever was not sent by then. */
const GOODBYE_LIMIT = 1_000;

/** Says goodbye (SWIM-WIRE §3.11), for good or only to an address. */
export class Farewell {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Leaves. `first` goes out before the goodbye. */
  leave(first: UserMessage | null): void {
    const core = this.#core;
    if (core.leaving) return;
    core.leaving = true;
    core.moving = null;
    core.wake("leave-end", "", GOODBYE_LIMIT);
    const alone = core.nodes.present <= 1;
    if (first === null || alone) {
      this.goodbye();
      if (alone) core.left();
      return;
    }
    broadcast(core, first);
    core.wake("farewell", "", FAREWELL_AHEAD);
  }

  goodbye(): void {
    const core = this.#core;
    const { name } = core.config;
    hearAccusation(core, { kind: "dead", incarnation: core.incarnation, node: name, from: name });
    flush(core);
    core.wake("gossip", "", FAREWELL_AHEAD);
  }

  /**
   * Goes to another address. Members that know this one by its identity just hear of it; where there are others, such
   * as real Serfs, it first says goodbye, since they take a new address only from those who left (SWIM-WIRE §3.7).
   */
  move(to: Address): void {
    const core = this.#core;
    const self = core.self;
    if (self === undefined || core.leaving) return;
    const strangers = core.nodes.all().some((node) => {
      return node.name !== self.name && isPresent(node) && core.config.identity(node) === null;
    });
    if (!strangers) {
      core.raiseIncarnation();
      announceSelf(core, { address: to, meta: self.meta });
      return;
    }
    const meta = core.moving?.meta ?? self.meta;
    core.moving = { to, meta, accused: core.moving?.accused ?? core.incarnation };
    const goodbye = { kind: "dead", incarnation: core.incarnation, node: self.name, from: self.name } as const;
    core.spread(goodbye, GOODBYE_TO_ADDRESS);
    core.wake("moved", "", GOODBYE_LIMIT);
    flush(core);
    core.wake("gossip", "", FAREWELL_AHEAD);
  }

  /** The goodbye to the old address is out. */
  moved(): void {
    const core = this.#core;
    const { moving, self } = core;
    core.moving = null;
    if (moving === null || self === undefined) return;
    core.raiseIncarnation(moving.accused);
    announceSelf(core, { address: moving.to, meta: moving.meta });
  }
}

/** Queues news for what rides on the protocol, and sends it. */
export function broadcast(core: Core, message: UserMessage): void {
  const encoded = core.encode(message);
  if (core.fits(encoded)) core.riders.put(encoded, { name: null });
  else core.note("warn", "a message is too long to be spread", { bytes: message.bytes.length });
  flush(core);
}
