import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ourFleet, serfFleet } from "./fleet.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";
import { aiming } from "./target.ts";

const MEMBERS = 8;
const SETTLE_MS = 10_000;
const MEASURE_MS = 60_000;
/** Of /proc/PID/stat: USER_HZ is 100 wherever Linux runs Node. */
const TICK_MS = 10;

/** One group that nobody asks for anything, in a network where nothing else is. */
interface Idle {
  /** Percent of one core, of each member. */
  readonly cpu: readonly number[];
  /** UDP datagrams sent, and bytes of all packets with their headers, per member and second. */
  readonly datagrams: number;
  readonly bytes: number;
}

/** What an idle member costs: this file is the program that measures it, in a network namespace of its own. */
export async function idle(): Promise<Row[]> {
  const [ours, serf] = [await isolated("ours"), await isolated("serf")];
  const cpu = (of: Idle): string =>
    `median ${percentile(of.cpu, 0.5).toFixed(2)} %, max ${percentile(of.cpu, 1).toFixed(2)} %`;
  const traffic = (of: Idle): string => `${of.datagrams.toFixed(1)} datagrams/s, ${Math.round(of.bytes)} B/s`;
  return [
    {
      what: `CPU of an idle member of ${MEMBERS}, of one core`,
      ours: aiming(cpu(ours), "median under 1 %", percentile(ours.cpu, 0.5) < 1),
      beside: `serf agent -profile=lan ${cpu(serf)}`,
    },
    {
      what: `sent by an idle member of ${MEMBERS}`,
      ours: traffic(ours),
      beside: `serf agent -profile=lan ${traffic(serf)}`,
    },
  ];
}

async function isolated(program: "ours" | "serf"): Promise<Idle> {
  const node = [process.execPath, ...process.execArgv, import.meta.filename, program];
  const script = 'ip link set lo up && exec "$@"';
  const { stdout } = await promisify(execFile)("unshare", ["-rn", "sh", "-c", script, "sh", ...node]);
  return JSON.parse(stdout) as Idle;
}

async function measure(program: string): Promise<Idle> {
  const fleet = await (program === "serf" ? serfFleet : ourFleet)(MEMBERS);
  await sleep(SETTLE_MS);
  const [began, cpu, sent] = [performance.now(), fleet.pids.map(cpuMs), traffic()];
  await sleep(MEASURE_MS);
  const ms = performance.now() - began;
  const [cpuAfter, sentAfter] = [fleet.pids.map(cpuMs), traffic()];
  await fleet.close();
  const perSecond = (count: number): number => count / MEMBERS / (ms / 1_000);
  return {
    cpu: cpuAfter.map((after, i) => ((after - (cpu[i] ?? 0)) / ms) * 100),
    datagrams: perSecond(sentAfter.datagrams - sent.datagrams),
    bytes: perSecond(sentAfter.bytes - sent.bytes),
  };
}

/** Of all threads, in user and kernel. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Of the whole namespace, all of which is loopback. */
function traffic(): { datagrams: number; bytes: number } {
  const lo = /lo:\s*(\d+)/.exec(readFileSync("/proc/net/dev", "utf8"));
  const [names = "", values = ""] = readFileSync("/proc/net/snmp", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("Udp:"));
  const at = names.split(" ").indexOf("OutDatagrams");
  return { bytes: Number(lo?.[1]), datagrams: Number(values.split(" ")[at]) };
}

if (import.meta.main) console.log(JSON.stringify(await measure(process.argv[2] ?? "")));
