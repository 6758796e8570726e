/** Ceilings for everything that is read from a network or a disk that others write to. Bytes unless said. */
export const LIMITS = {
  /** Display and share names, in UTF-8. */
  name: 64,
  pathComponent: 255,
  path: 4_096,
  /** One catalog segment, as sent and stored. */
  segment: 1 << 20,
  /** A member's meta in gossip (memberlist's MetaMaxSize). */
  meta: 512,
  /** Entries of all members that one node keeps. Count. */
  entries: 2_000_000,
  /** Addresses in an invite. Count. */
  inviteAddresses: 8,
  /** An invite's text. A full one (8 long host names) is under 1 kB. */
  invite: 4_096,
  /** A JSON body sent to the API. */
  apiBody: 1 << 20,
  /** Entries answered to one listing. Count. */
  page: 1_000,
} as const;
