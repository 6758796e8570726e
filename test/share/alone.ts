import { mkdirSync, realpathSync } from "node:fs";
import type { TestContext } from "node:test";
import { Inodes } from "../../src/share/core/inodes.ts";
import { HashQueue } from "../../src/share/core/queue.ts";
import { Outbox } from "../../src/share/outbox.ts";
import { type HashItem, TIMING } from "../../src/share/protocol.ts";
import { ShareScanner } from "../../src/share/scan.ts";
import type { Change } from "../../src/shared/entry.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

/** A share that is looked after without workers: the test reads its files, when it wants to. */
export async function alone(t: TestContext, fill: (root: string) => void, inodes = new Inodes()) {
  const { path, remove } = await temporaryFolder();
  const root = `${realpathSync(path)}/in`;
  mkdirSync(root);
  fill(root);
  const queue = new HashQueue<ShareScanner>();
  const outbox = new Outbox();
  const told: Change[] = [];
  const scans: number[] = [];
  const scanner = new ShareScanner(
    { id: "s", name: "s", root, withheld: null, mount: null, own: null, beneath: null, mounts: [], hidden: false },
    {
      timing: { ...TIMING, settle: 100 },
      inodes,
      queue,
      outbox,
      queued: () => undefined,
      paused: () => false,
      counted: () => undefined,
      scanned: () => scans.push(performance.now()),
    },
  );
  t.after(() => {
    scanner.close();
    return remove();
  });
  const drain = (changes: Change[]): void => {
    told.push(...changes);
    void outbox.next().then(drain);
  };
  drain([]);
  scanner.begin();
  await until("all was looked at", () => ["hashing", "ready"].includes(scanner.status().state));
  /** The next file that is to be read. */
  const next = async (): Promise<HashItem> => {
    await until("a file is to be read", () => queue.size > 0);
    for (const { share, node } of queue.take(1, 1)) return share.item(node);
    return next();
  };
  /** What was told of a file, the last first. */
  const of = (name: string) => told.flatMap((one) => (one.kind === "file" && one.path === name ? [one] : [])).reverse();
  return { root, scanner, scans, told, next, of };
}
