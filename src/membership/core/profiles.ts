/** Timers and limits of the protocol, in milliseconds and bytes. Names and meaning as in memberlist's config (SWIM-WIRE §4). */
export interface Profile {
  /** Between two probes of this member. Lower finds the dead sooner and costs packets. */
  readonly probeInterval: number;
  /** How long a direct ping may take before others are asked. Never scaled by health. */
  readonly probeTimeout: number;
  readonly indirectChecks: number;
  readonly suspicionMult: number;
  readonly suspicionMaxMult: number;
  readonly retransmitMult: number;
  readonly pushPullInterval: number;
  readonly gossipInterval: number;
  readonly gossipNodes: number;
  /** How long the dead still get gossip, so that they can refute, and stay listed. */
  readonly gossipToTheDead: number;
  /** Who was dead for longer may come back at another address without proof; 0: never. Those who left always may. */
  readonly deadReclaim: number;
  /** Health scores are below this. */
  readonly awarenessMax: number;
  /** For dialling, and for a whole exchange. */
  readonly tcpTimeout: number;
  /** Bytes of a datagram, all layers included. */
  readonly packetBudget: number;
}

const memberlist: Profile = {
  probeInterval: 1_000,
  probeTimeout: 500,
  indirectChecks: 3,
  suspicionMult: 4,
  suspicionMaxMult: 6,
  retransmitMult: 4,
  pushPullInterval: 30_000,
  gossipInterval: 200,
  gossipNodes: 3,
  gossipToTheDead: 30_000,
  deadReclaim: 0,
  awarenessMax: 8,
  tcpTimeout: 10_000,
  packetBudget: 1_400,
};

export const PROFILES = {
  /** For people on one network: a killed member is gone in under 5 s. 1 200 bytes pass through VPNs whole. */
  lan: { ...memberlist, probeInterval: 400, probeTimeout: 150, packetBudget: 1_200 },
  /** memberlist's WAN table. */
  wan: {
    ...memberlist,
    probeInterval: 5_000,
    probeTimeout: 3_000,
    suspicionMult: 6,
    pushPullInterval: 60_000,
    gossipInterval: 500,
    gossipNodes: 4,
    gossipToTheDead: 60_000,
    tcpTimeout: 30_000,
    packetBudget: 1_200,
  },
  /** memberlist's LAN table as it is, for clusters of others. */
  memberlist,
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;
