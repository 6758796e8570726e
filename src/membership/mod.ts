export {
  type ChangedListener,
  Membership,
  type MembershipOptions,
} from "./membership.ts";
export type { MemberMeta } from "./meta.ts";
export type { MemberRecord } from "./records.ts";
export type { JoinResult } from "./seeds.ts";
