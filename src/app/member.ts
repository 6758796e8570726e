import { type Lock, type Running, takeLock } from "../platform/lock.ts";
import { endpointText } from "../shared/endpoint.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { MemberNews } from "../web/mod.ts";
import { openDataDir } from "./data-dir.ts";
import { GroupShareNode } from "./node.ts";
import type { NodeOptions } from "./options.ts";
import { type PagePort, servePage } from "./page/page.ts";

/** What a headless member says on stdout when it is ready (DESIGN §11). */
export interface Ready {
  readonly ready: true;
  readonly member: string;
  readonly name: string;
  readonly group: string | null;
  readonly ui: string | null;
  readonly gossip: string | null;
  readonly peer: string | null;
}

/** A member that was started and is up. */
export interface RunningMember {
  readonly ready: Ready;
  /** A link that opens the page once; null without a page. */
  loginLink(): string | null;
  /** Hears what becomes of members. */
  onMember(listener: (news: MemberNews) => void): void;
  /** Resolves when its person had it leave the group. */
  readonly left: Promise<void>;
  /** Resolves with why, where it cannot go on in its group; a page then tells it. */
  readonly failed: Promise<GroupShareError>;
  /** Says goodbye and ends everything; the group is kept for next time. */
  stop(): Promise<void>;
}

/** Starts a member, or says which process runs on its data directory already. */
export async function startMember(options: NodeOptions): Promise<RunningMember | Running> {
  await openDataDir(options.dataDir);
  const lock = await takeLock(options.dataDir);
  if ("pid" in lock) return lock;
  const opened: { close(): Promise<void> }[] = [{ close: () => lock.release() }];
  const close = async () => {
    for (const part of opened.reverse()) await part.close();
  };
  try {
    return await start(options, lock, opened, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function start(
  options: NodeOptions,
  lock: Lock,
  opened: { close(): Promise<void> }[],
  stop: () => Promise<void>,
): Promise<RunningMember> {
  let left = (): void => undefined;
  const leaving = new Promise<void>((resolve) => {
    left = resolve;
  });
  const node = await GroupShareNode.open(options);
  opened.push({ close: () => node.stop() });
  await node.addShares();
  let page: PagePort | null = null;
  if (options.ui !== null) {
    page = await servePage(node, options.ui, left);
    opened.push(page);
  }
  await lock.tell({ pid: process.pid, ui: page?.local ?? null });
  const session = await node.enter();
  if (session === null && options.headless) {
    throw new GroupShareError("usage", "Cannot run headless: this member is in no group yet", {
      hint: 'start one with --group NAME, or join one with --invite "$(groupshare invite)" from a member',
    });
  }
  const gossip = session?.membership.address;
  return {
    ready: {
      ready: true,
      member: node.identity.memberId,
      name: node.profile.name,
      group: session?.group.name ?? null,
      ui: page?.origin ?? null,
      gossip: gossip === undefined ? null : endpointText(gossip),
      peer: session === null ? null : endpointText(session.peer),
    },
    onMember: (listener) => {
      node.news.subscribe((news) => {
        if (news.kind === "member") listener(news);
      });
    },
    loginLink: () => page?.loginLink() ?? null,
    left: leaving,
    failed: node.failed,
    stop,
  };
}
