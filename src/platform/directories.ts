import { homedir } from "node:os";
import { join } from "node:path";
import envPaths from "env-paths";

/** This platform's place for application data of this user. */
export function defaultDataDir(): string {
  return envPaths("groupshare", { suffix: "" }).data;
}

export function defaultDownloadsDir(): string {
  return join(homedir(), "Downloads", "GroupShare");
}
