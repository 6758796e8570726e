export { highestGeneration, MAX_GENERATION } from "./core/belief.ts";
export type { End } from "./core/ends.ts";
export {
  agreeing,
  type Former,
  isUnsure,
  type Knowledge,
  kept,
  type Made,
  merge,
  needsNew,
  nextEnds,
  nextGeneration,
  type Present,
  prevails,
  renewed,
  type Secret,
  type Sight,
  type Told,
  withMember,
  withoutMember,
} from "./core/generations.ts";
export { isMet, MOST_HEARSAY, MOST_KNOWN, MOST_REMOVED, type Removal, type Removed, type Seen } from "./core/roster.ts";
export { vouchedBy } from "./core/vouching.ts";
export {
  type Group,
  GroupFile,
  gossipKey,
  newGroup,
  newSecret,
  secretHash,
  secretProof,
  UNTOLD,
} from "./group.ts";
export { type Identity, loadIdentity, memberIdOf } from "./identity.ts";
export { type Invite, readInvite, writeInvite } from "./invite.ts";
export { isToldHost, MOST_HOSTS, type Roster, RosterFile, removalShape, toldShape } from "./roster.ts";
export { isSoundRemoval, isSoundSecret, madeShape, signRemoval, signSecret } from "./statements.ts";
