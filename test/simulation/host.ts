import type { Address } from "../../src/membership/core/address.ts";
import type { Input } from "../../src/membership/core/effects.ts";
import type { Swim } from "../../src/membership/core/swim.ts";
import type { Rejoin } from "../../src/membership/rejoin.ts";
import type { Met } from "../../src/membership/state.ts";

/** How a machine behaves, beside being up or down. */
export type Condition =
  | "well"
  /** Its messages are held on their way in and out; its timers run. As the "slow" members of the Lifeguard paper. */
  | "slow"
  /** It does nothing, as after SIGSTOP; what arrives waits in the socket, as far as there is room. */
  | "stopped"
  /** It does nothing, and is not on the network. */
  | "asleep";

/** A machine, and the member that runs on it now and then. */
export class Host {
  readonly index: number;
  readonly name: string;
  address: Address;
  /** The member that runs; null: none. */
  swim: Swim | null = null;
  /** Runs so far, so that what was meant for an earlier one is known. */
  runs = 0;
  leaving = false;
  condition: Condition = "well";
  /** Its clocks, against simulated time. The steady one does not go back; the wall clock may. */
  steady = 0;
  wall = 0;
  /** What it keeps over restarts. */
  incarnation = 0;
  met: readonly Met[] = [];
  rejoin: Rejoin | null = null;
  /** What waits for the answers to this run's joins, by request. */
  readonly asked = new Map<number, (failed: string | null) => void>();
  /** Held while it is not well. */
  readonly packets: Input[] = [];
  readonly inputs: { readonly run: number; readonly input: Input }[] = [];
  readonly outbox: (() => void)[] = [];
  /** Since it was made: datagrams and bytes sent, and pushes of lists. */
  sent = 0;
  bytes = 0;
  goodbyes = 0;
  joins = 0;

  constructor(index: number, address: Address, name = `m${index}`) {
    this.index = index;
    this.name = name;
    this.address = address;
  }
}
