export { Discovery } from "./discovery.ts";
export { ownHosts } from "./interfaces.ts";
export type { Keyring } from "./keyring.ts";
export { type ChangedListener, Membership } from "./membership.ts";
export type { MemberMeta } from "./meta.ts";
export type { MemberEvent } from "./news.ts";
export type { MembershipOptions } from "./options.ts";
export type { MemberRecord } from "./records.ts";
export type { JoinResult } from "./seeds.ts";
