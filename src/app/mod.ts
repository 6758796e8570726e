export { defaultDataDir, defaultDownloadsDir } from "../platform/directories.ts";
export { type Running, whoRuns } from "../platform/lock.ts";
export { LOG_LEVELS, type LogLevel } from "../platform/log.ts";
export { saveMemoryAtRest } from "../platform/rest.ts";
export { onStopSignal } from "../platform/signals.ts";
export type {
  DownloadView,
  FileView,
  GenerationsView,
  GroupView,
  KeyringView,
  MemberNews,
  MemberView,
  NearbyView,
  ShareView,
  StatusView,
} from "../web/mod.ts";
export { dataDirAt } from "./data-dir.ts";
export { everyHost } from "./every-host.ts";
export { type Ready, type RunningMember, startMember } from "./member.ts";
export { DEFAULT_PORTS, type ListenAt, type NodeOptions } from "./options.ts";
