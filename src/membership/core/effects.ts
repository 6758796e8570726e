import type { Address } from "./address.ts";
import type { Encoded, PacketMessage, StreamMessage, UserMessage } from "./message.ts";
import type { Node } from "./nodes.ts";
import type { Timer } from "./timers.ts";

/*
 * A stream, in inputs (▼) and effects (▲). Numbers are chosen by who opens it: above 0 the core, below 0 the shell.
 *
 *   we dial:  dial ▲ → connected ▼ → say ▲ → answered ▼ | failed ▼ → hang-up ▲
 *   others:   asked ▼ → say ▲ | hang-up ▲      (after "say" the shell closes)
 */

/** What happens to the core. */
export type Input =
  /** Begins: this member announces itself and its tickers run. */
  | { readonly kind: "start" }
  | { readonly kind: "packet"; readonly from: Address; readonly messages: readonly PacketMessage[] }
  | { readonly kind: "timer"; readonly timer: Timer }
  /** Exchange lists with whoever is there, to become one group. Answered by "joined" of the same request. */
  | { readonly kind: "join"; readonly request: number; readonly to: Address }
  | { readonly kind: "connected"; readonly stream: number }
  | { readonly kind: "answered"; readonly stream: number; readonly message: StreamMessage }
  | { readonly kind: "failed"; readonly stream: number; readonly why: string }
  | { readonly kind: "asked"; readonly stream: number; readonly message: StreamMessage }
  /** The datagram of this probe could not be handed to the network. */
  | { readonly kind: "unsent"; readonly seq: number }
  | { readonly kind: "meta"; readonly meta: Uint8Array }
  | { readonly kind: "address"; readonly address: Address }
  /** News for what rides on the protocol; goes out at once, then with the gossip. */
  | { readonly kind: "broadcast"; readonly message: UserMessage }
  /** For one member: a datagram that may be lost. */
  | { readonly kind: "tell"; readonly to: string; readonly message: UserMessage }
  /** For one member, over a stream. Answered by "delivered" of the same request. */
  | { readonly kind: "deliver"; readonly request: number; readonly to: string; readonly message: UserMessage }
  /** The event loop stood still for so many milliseconds until now: this member heard nobody, and its timers were late. */
  | { readonly kind: "lag"; readonly ms: number }
  /** Nobody at this address proved to have this member's key: the answer to a "conflict" of its own name, if it goes on. */
  | { readonly kind: "unproven"; readonly address: Address }
  /** `farewell` goes out before the goodbye. Answered by "left". */
  | { readonly kind: "leave"; readonly farewell: UserMessage | null };

/** What the core wants done, in this order. */
export type Effect =
  | {
      readonly kind: "send";
      readonly to: Address;
      /** One goes as it is, several as a compound. */
      readonly parts: readonly Encoded[];
      /** With a checksum: whoever gets it understands that. */
      readonly crc: boolean;
      /** Answer "unsent" of this number where sending fails; null: nothing waits for it. */
      readonly probe: number | null;
    }
  | { readonly kind: "dial"; readonly stream: number; readonly to: Address; readonly timeoutMs: number }
  | { readonly kind: "say"; readonly stream: number; readonly message: StreamMessage }
  | { readonly kind: "hang-up"; readonly stream: number }
  | { readonly kind: "wake"; readonly afterMs: number; readonly timer: Timer }
  /** What is believed of a member has changed: state, address or meta. */
  | { readonly kind: "changed"; readonly member: Node; readonly before: Node | null }
  | { readonly kind: "joined"; readonly request: number; readonly failed: string | null }
  /** It was all handed to the network (null), or why not. What the other made of it is not known. */
  | { readonly kind: "delivered"; readonly request: number; readonly failed: string | null }
  /** Two run under one name: `ours` is whom we go on believing, and `theirs` was refused. */
  | {
      readonly kind: "conflict";
      readonly name: string;
      readonly self: false;
      readonly ours: Address;
      readonly theirs: Address;
    }
  /**
   * Another says that it runs under this member's name at `theirs`, and that it did so first: if it proves to have this
   * member's key, this one should stop; if not, "unproven" is to be fed. `meta`: what it says of itself.
   */
  | {
      readonly kind: "conflict";
      readonly name: string;
      readonly self: true;
      readonly ours: Address;
      readonly theirs: Address;
      readonly meta: Uint8Array;
    }
  /** What was claimed under a name at this address is not believed, and why. */
  | { readonly kind: "refused"; readonly name: string; readonly address: Address; readonly why: string }
  /** Others said that this member is not alive, or is something else; it says that this is not so. `health`: 0 is well. */
  | { readonly kind: "refuted"; readonly health: number }
  /** The goodbye has been sent as often as it should, or as there was time for. */
  | { readonly kind: "left" }
  /** Something for what rides on the protocol arrived. */
  | { readonly kind: "heard"; readonly message: UserMessage }
  /** What rides on the protocol at the other end of a push/pull. */
  | { readonly kind: "heard-state"; readonly join: boolean; readonly userState: Uint8Array }
  /** This incarnation is used from now on: keep it over restarts. */
  | { readonly kind: "store"; readonly incarnation: number }
  | {
      readonly kind: "note";
      readonly level: "debug" | "info" | "warn";
      readonly text: string;
      readonly fields: Record<string, unknown>;
    };
