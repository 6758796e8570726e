export { type Group, GroupFile, gossipKey, newGroup } from "./group.ts";
export { type Identity, loadIdentity, memberIdOf } from "./identity.ts";
export { type Invite, readInvite, writeInvite } from "./invite.ts";
