import { onStopSignal, type RunningMember, saveMemoryAtRest, startMember } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { happened } from "../happened.ts";
import { dataDir, toNodeOptions } from "../node-options.ts";
import { openPage } from "../open-page.ts";
import { safe, say, sayJson } from "../print.ts";
import { gatherValues, type Values } from "../settings.ts";

/** Starts a member and stays until it is stopped, or has left its group while headless. */
export async function run(flags: Values): Promise<void> {
  const values = await gatherValues(flags, process.env);
  const options = await toNodeOptions(values);
  const stopped = new Promise<void>((resolve) => {
    onStopSignal(() => resolve());
  });
  saveMemoryAtRest();
  const starting = startMember(options);
  const member = await Promise.race([starting, stopped]);
  // Stopped while it was still starting: nobody was told yet that it is here, and what is on disk is whole at any moment.
  if (member === undefined) return;
  if ("pid" in member) return runsAlready(member.pid, options.headless, values);
  if (options.headless) sayJson(member.ready);
  else await welcome(member, options.dataDir, values.open !== false);
  // With more in the log, it tells them itself.
  if (!options.headless && options.logLevel === "warn" && process.stdout.isTTY === true) {
    member.onMember((news) => {
      const line = happened(news);
      if (line !== null) say(line);
    });
  }
  const failed = await Promise.race(options.headless ? [stopped, member.left, member.failed] : [stopped]);
  await member.stop();
  if (failed !== undefined) throw failed;
}

async function runsAlready(pid: number, headless: boolean, values: Values): Promise<void> {
  // One that is just starting has not said yet which it is.
  const holder = pid === 0 ? "another process" : `process ${pid}`;
  if (headless) {
    throw new GroupShareError("in-use", `Cannot start on this data directory: ${holder} runs on it already`, {
      hint: "stop that process, or name another --data-dir",
    });
  }
  const client = await Client.find(values);
  const { url } = await client.post<{ url: string }>("/api/v1/login-link", {});
  say(`GroupShare runs already (${holder})`);
  if (values.open === false || !(await openPage(url, dataDir(values)))) say(`Open its page: ${url}`);
}

async function welcome(member: RunningMember, dataDir: string, browser: boolean): Promise<void> {
  const { name, group, ui } = member.ready;
  say(
    group === null
      ? `GroupShare: ${safe(name)}, in no group yet`
      : `GroupShare: ${safe(name)}, in the group ${safe(group)}`,
  );
  const link = member.loginLink();
  if (ui === null || link === null) return;
  const opened = browser && (await openPage(link, dataDir));
  say(opened ? `The page is open at ${ui}` : `Open the page, once: ${link}`);
  say("Ctrl-C stops; the group is kept for next time");
}
