import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Membership } from "../../src/membership/mod.ts";
import { Group } from "../interop/group.ts";
import { Network } from "../interop/network.ts";
import { lossyDeaths } from "../interop/steady.ts";
import { optionsOf } from "../membership/member.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import type { Row } from "./main.ts";
import { aiming } from "./target.ts";

const MEMBERS = 16;
const LOSS = 0.2;
const MINUTES = 5;
const WITH_SERF_MINUTES = 10;

/** What a member's process tells. */
interface Told {
  readonly kind: "ready" | "complete" | "suspect" | "dead";
  readonly text: string;
}

/** Whether anybody is falsely called dead where many datagrams are lost: among processes of ours, and beside Serfs. */
export async function loss(): Promise<Row[]> {
  return (await Promise.all([amongOurs(), besideSerf()])).flat();
}

async function amongOurs(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const told: Told[] = [];
  const count = (kind: Told["kind"]): number => told.filter((one) => one.kind === kind).length;
  const children: ChildProcess[] = [];
  const start = (index: number, seed: string): void => {
    const args = [import.meta.filename, String(index), join(folder.path, `${index}.json`), seed];
    const child = spawn(process.execPath, [...process.execArgv, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line) as Told));
  };
  start(1, "");
  const first = await until("the first is ready", () => told.find(({ kind }) => kind === "ready"), 30_000);
  for (let index = 2; index <= MEMBERS; index++) start(index, first.text);
  await until("all list all", () => count("complete") === MEMBERS, 120_000);
  const before = count("suspect");
  await sleep(MINUTES * 60_000);
  const [deaths, suspicions] = [count("dead"), count("suspect") - before];
  // Its input ends, and so does it.
  for (const child of children) child.stdin?.end();
  await Promise.all(children.map((child) => new Promise((resolve) => child.once("exit", resolve))));
  await folder.remove();
  const what = `${MEMBERS} processes, ${LOSS * 100} % of all datagrams lost, ${MINUTES} minutes`;
  const ours = `${deaths} false deaths, ${suspicions} suspicions on ${MEMBERS} lists, all refuted`;
  return [deaths === 0 ? { what, ours, beside: "" } : failed(what, `${deaths} false deaths: ${texts(told)}`)];
}

function failed(what: string, ours: string): Row {
  return { what, ours: aiming(ours, "no false death", false), beside: "", failed: true };
}

function texts(told: readonly Told[]): string {
  return told
    .filter(({ kind }) => kind === "dead")
    .map(({ text }) => text)
    .join(", ");
}

/** SWIM-WIRE §9, step 10, at its full length. */
async function besideSerf(): Promise<Row[]> {
  const group = new Group(1);
  try {
    const { deaths, suspicions } = await lossyDeaths(group, WITH_SERF_MINUTES * 60_000);
    const what = `2 of ours and 2 Serfs, 5 % lost each way to and from ours, ${WITH_SERF_MINUTES} minutes`;
    const ours = `${deaths.length} false deaths, ${suspicions} suspicions on our lists`;
    return [deaths.length === 0 ? { what, ours, beside: "" } : failed(what, `${ours}: ${deaths.join(", ")}`)];
  } finally {
    await group.close();
  }
}

/** One member with a bad network, until its standard input ends. */
async function member(index: number, stateFile: string, seed: string): Promise<void> {
  const tell = (kind: Told["kind"], text: string): void => console.log(JSON.stringify({ kind, text } satisfies Told));
  const network = new Network(index);
  // Only on the way out: what others send to this one they lose themselves.
  network.loss = { in: 0, out: LOSS };
  const options = optionsOf(`m${index}`, `127.9.3.${index}`, stateFile);
  const membership = await Membership.open({ ...options, through: network.through });
  let complete = false;
  membership.on("changed", ({ name, state }) => {
    if (state === "suspect" || state === "dead") tell(state, name);
    const alive = membership.members().filter((other) => other.state === "alive");
    if (complete || alive.length < MEMBERS) return;
    complete = true;
    tell("complete", options.wireName);
  });
  tell("ready", `${membership.address.host}:${membership.address.port}`);
  while (seed !== "" && (await membership.join([seed])).joined.length === 0) await sleep(500);
  process.stdin.on("end", () => process.exit(0)).resume();
}

if (import.meta.main) await member(Number(process.argv[2]), process.argv[3] ?? "", process.argv[4] ?? "");
