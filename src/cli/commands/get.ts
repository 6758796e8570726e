import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MultiBar, type SingleBar } from "cli-progress";
import type { DownloadView } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { bytes, safe, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

/** How often a waiting `get` asks how far it is, in milliseconds. */
const ASK_MS = 200;
const ENDED = ["done", "failed", "cancelled"];

/** Downloads files and folders. */
export async function get(paths: string[], options: Values): Promise<void> {
  const client = await Client.find(options);
  const output = options.output;
  const into = typeof output === "string" ? resolve(output) : null;
  const { items } = await client.post<{ items: DownloadView[] }>("/api/v1/downloads", { paths, into });
  const ended = options.wait ? await wait(client, items, options.json === true) : items;
  if (options.json) sayJson({ items: ended, next: null });
  else for (const { state, path, target } of ended) say(`${state}  ${safe(path)} -> ${safe(target)}`);
  const failed = ended.find(({ state }) => state === "failed" || state === "cancelled");
  if (failed !== undefined)
    throw new GroupShareError("internal", failed.error ?? `Cannot get "${failed.path}": it was cancelled`);
}

async function wait(client: Client, asked: readonly DownloadView[], quiet: boolean): Promise<readonly DownloadView[]> {
  const bars =
    quiet || !process.stderr.isTTY
      ? null
      : new MultiBar({ format: "{bar} {percentage}%  {rate}/s  {state}  {name}", hideCursor: true });
  const shown = new Map<string, SingleBar>();
  try {
    for (let ours = asked; ; ) {
      const all = new Map(
        (await Array.fromAsync(client.all<DownloadView>("/api/v1/downloads"))).map((item) => [item.id, item]),
      );
      ours = ours.map((item) => all.get(item.id) ?? cleared(item));
      for (const item of ours) if (bars !== null) show(bars, shown, item);
      if (ours.every(({ state }) => ENDED.includes(state))) return ours;
      await sleep(ASK_MS);
    }
  } finally {
    bars?.stop();
  }
}

/** One that somebody took off the list: how it ended, where that was seen before. */
function cleared(item: DownloadView): DownloadView {
  if (ENDED.includes(item.state)) return item;
  throw new GroupShareError("changed", `Cannot tell how "${item.path}" ended: it was cleared from the list`, {
    hint: `look at ${item.target}`,
  });
}

function show(bars: MultiBar, shown: Map<string, SingleBar>, item: DownloadView): void {
  const words = { rate: bytes(item.rate), state: item.state, name: safe(item.path) };
  const total = Math.max(item.size, 1);
  const done = item.state === "done" ? total : item.done;
  const bar = shown.get(item.id) ?? bars.create(total, done, words);
  shown.set(item.id, bar);
  bar.setTotal(total);
  bar.update(done, words);
}

/** Lists downloads, steers one, or clears those that have ended. */
export async function downloads(action: string | undefined, id: string | undefined, options: Values): Promise<void> {
  const client = await Client.find(options);
  if (action !== undefined) return steer(client, action, id, options);
  const items = await Array.fromAsync(client.all<DownloadView>("/api/v1/downloads"));
  if (options.json) return sayJson({ items, next: null });
  const rows = items.map((item) => [
    item.id,
    item.state,
    `${bytes(item.done)} of ${bytes(item.size)}`,
    item.state === "downloading" ? `${bytes(item.rate)}/s` : "",
    item.path,
  ]);
  if (rows.length === 0) return say("no downloads");
  say(table(["ID", "STATE", "DONE", "RATE", "PATH"], rows, ["DONE", "RATE"]));
  for (const { id, error } of items) if (error !== null) say(`${id}: ${safe(error)}`);
}

async function steer(client: Client, action: string, id: string | undefined, options: Values): Promise<void> {
  if (action === "clear" && id === undefined) {
    const done = await client.delete<{ cleared: number }>("/api/v1/downloads");
    return options.json ? sayJson(done) : say(`${done.cleared} cleared`);
  }
  if (!["pause", "resume", "cancel", "clear"].includes(action) || id === undefined) {
    throw new GroupShareError("usage", `Cannot do "${[action, id].filter(Boolean).join(" ")}" with downloads`, {
      hint: 'say "groupshare downloads pause|resume|cancel|clear ID"',
    });
  }
  const item = await client.patch<DownloadView>(`/api/v1/downloads/${encodeURIComponent(id)}`, { action });
  if (options.json) sayJson(item);
  else say(`${action === "clear" ? "cleared" : item.state}  ${safe(item.path)}`);
}
