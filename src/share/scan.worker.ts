import { setInterval } from "node:timers";
import { parentPort } from "node:worker_threads";
import { answerCalls } from "../shared/worker-call.ts";
import { Inodes } from "./core/inodes.ts";
import { HashQueue } from "./core/queue.ts";
import { Outbox } from "./outbox.ts";
import { type HashItem, type HashResult, type ScanMethods, TIMING, type Timing } from "./protocol.ts";
import { type ScanWorld, ShareScanner } from "./scan.ts";

/** What a hasher gets at once: so many files, so many bytes unless one has more. */
const ITEMS = 256;
const ITEM_BYTES = 8 << 20;
/** How long files are waited for while there are fewer, in milliseconds. */
const GATHER = 5;

const scanners = new Map<string, ShareScanner>();
const inodes = new Inodes();
const outbox = new Outbox();
const queue = new HashQueue<ShareScanner>();
/** Who waits for files to hash: for any, or for such as somebody asks for. */
const takers: Record<"any" | "urgent", ((items: HashItem[]) => void)[]> = { any: [], urgent: [] };
const counters = { filesHashed: 0, bytesHashed: 0, scans: 0 };
let timing: Timing = TIMING;
let serving = false;
let paused = false;

function counted({ read }: HashResult): void {
  if (read === 0) return;
  counters.filesHashed += 1;
  counters.bytesHashed += read;
}

/** Serves who waits for files to hash: not at once where few wait, so that they come in the right order and not one by one. */
function queued(): void {
  if (serving || queue.size === 0) return;
  serving = true;
  setTimeout(
    () => {
      serving = false;
      serve("urgent");
      serve("any");
    },
    queue.size < ITEMS ? GATHER : 0,
  );
}

function serve(kind: "any" | "urgent"): void {
  while (!paused && takers[kind].length > 0) {
    const taken = queue.take(ITEMS, ITEM_BYTES, kind === "urgent");
    if (taken.length === 0) return;
    takers[kind].shift()?.(taken.map(({ share, node }) => share.item(node)));
  }
}

const methods: ScanMethods = {
  configure(wanted) {
    timing = wanted;
    // Also when nothing happens any more: after a storm memory is to fall.
    setInterval(() => inodes.purge(performance.now(), timing.departed), timing.departed / 2).unref();
  },
  start(share) {
    const world: ScanWorld = {
      timing,
      inodes,
      queue,
      outbox,
      queued,
      paused: () => paused,
      counted,
      scanned: () => {
        counters.scans += 1;
      },
    };
    scanners.set(share.id, new ShareScanner(share, world));
  },
  load(id, known) {
    scanners.get(id)?.load(known);
  },
  begin(id) {
    scanners.get(id)?.begin();
  },
  rename(id, name) {
    scanners.get(id)?.rename(name);
  },
  drop(id) {
    scanners.get(id)?.close();
    scanners.delete(id);
    outbox.recall(id);
    outbox.push({ kind: "unshare", share: id }, 0);
  },
  async next() {
    const changes = await outbox.next();
    let skipped = 0;
    const shares = Array.from(scanners.values(), (scanner) => {
      const status = scanner.status();
      skipped += status.skipped;
      // Nothing is ready before all that was found is told.
      return status.state === "ready" && !outbox.empty ? ({ ...status, state: "hashing" } as const) : status;
    });
    return { changes, shares, counters: { ...counters, skipped } };
  },
  choose(id, hidden) {
    scanners.get(id)?.choose(hidden);
  },
  urgent(id, path) {
    scanners.get(id)?.urgent(path);
  },
  offers(id, path) {
    return scanners.get(id)?.offers(path) ?? false;
  },
  pause(wanted) {
    paused = wanted;
    queued();
  },
  take(urgent) {
    const items = new Promise<HashItem[]>((resolve) => takers[urgent ? "urgent" : "any"].push(resolve));
    queued();
    return items;
  },
  hashed(results) {
    for (const result of results) {
      counted(result);
      scanners.get(result.item.share)?.hashed(result);
    }
  },
};

if (parentPort !== null) answerCalls(parentPort, methods);
