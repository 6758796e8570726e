export type { OpenedShareFile } from "./open-file.ts";
export type { ShareStatus, SharesOptions } from "./options.ts";
export type { ShareCounters, Timing } from "./protocol.ts";
export { Shares } from "./shares.ts";
