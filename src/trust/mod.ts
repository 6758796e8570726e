export {
  isUnsure,
  type Knowledge,
  kept,
  merge,
  needsNew,
  prevails,
  type Removed,
  renewed,
  type Secret,
  type Seen,
  type Told,
  withMember,
  withoutMember,
} from "./core/generations.ts";
export {
  type Group,
  GroupFile,
  gossipKey,
  newGroup,
  newSecret,
  secretHash,
  secretProof,
} from "./group.ts";
export { type Identity, loadIdentity, memberIdOf } from "./identity.ts";
export { type Invite, readInvite, writeInvite } from "./invite.ts";
export { type Roster, RosterFile, rosterShape } from "./roster.ts";
