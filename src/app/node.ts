import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Catalog } from "../catalog/mod.ts";
import { openLog } from "../platform/log.ts";
import { spawnWorker } from "../platform/worker-files.ts";
import { Shares } from "../share/mod.ts";
import { systemClock } from "../shared/clock.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";
import { Transfers } from "../transfer/mod.ts";
import { type Group, GroupFile, type Identity, loadIdentity, newGroup, readInvite, writeInvite } from "../trust/mod.ts";
import { type DataDir, loadApiToken, loadWireName, openDataDir } from "./data-dir.ts";
import { NewsFeed } from "./news.ts";
import type { NodeOptions } from "./options.ts";
import { react, reactInGroup } from "./reactions.ts";
import { Session } from "./session.ts";
import { Tree } from "./tree.ts";
import { members } from "./views.ts";

/** How long a start waits for members of an earlier one, in milliseconds. */
const REJOIN_PATIENCE_MS = 1_500;
const random: Random = { next: Math.random };

/** Files and bytes of each member whose list is here. */
export type Totals = ReadonlyMap<string, { readonly files: number; readonly bytes: number }>;

/** One running GroupShare: its shares, its catalog and its downloads, with or without a group. */
export class GroupShareNode {
  readonly options: NodeOptions;
  readonly log: Log;
  readonly startedAt = systemClock.now();
  readonly news = new NewsFeed();
  readonly identity: Identity;
  readonly wireName: string;
  readonly apiToken: string;
  readonly catalog: Catalog;
  readonly shares: Shares;
  readonly transfers: Transfers;
  readonly tree: Tree;
  /** As last asked of the catalog: see reactions.ts. */
  totals: Totals = new Map();
  readonly #dir: DataDir;
  readonly #groupFile: GroupFile;
  #session: Session | null = null;

  private constructor(
    options: NodeOptions,
    log: Log,
    dir: DataDir,
    who: { identity: Identity; wireName: string; apiToken: string },
    parts: { catalog: Catalog; shares: Shares; transfers: Transfers; tree: Tree },
  ) {
    this.options = options;
    this.log = log;
    this.#dir = dir;
    this.#groupFile = new GroupFile(dir.group);
    this.identity = who.identity;
    this.wireName = who.wireName;
    this.apiToken = who.apiToken;
    this.catalog = parts.catalog;
    this.shares = parts.shares;
    this.transfers = parts.transfers;
    this.tree = parts.tree;
  }

  /** Builds all parts on the data directory. No port is open yet, and no share is scanned. */
  static async open(options: NodeOptions): Promise<GroupShareNode> {
    const log = openLog(options.logLevel);
    const dir = await openDataDir(options.dataDir);
    const identity = await loadIdentity(dir.identity);
    const wireName = await loadWireName(dir.root, options.name, identity.memberId, log);
    const apiToken = await loadApiToken(dir.apiToken);
    // The parts ask the group through the node, which is there before the first question is.
    let node: GroupShareNode | null = null;
    const session = (): Session | null => node?.session ?? null;
    const fetch = (member: string, path: string, init: { headers?: Record<string, string>; signal: AbortSignal }) =>
      session()?.fetch(member, path, init) ?? Promise.reject(notInGroup("ask another member"));
    const catalog = await Catalog.open({
      dir: dir.catalog,
      memberId: identity.memberId,
      publicKey: identity.publicKey,
      sign: (bytes) => identity.sign(bytes),
      spawn: spawnWorker,
      log,
      clock: systemClock,
      random,
      fetch: (member, path, signal) => fetch(member, path, { signal }),
    });
    const shares = await Shares.open({
      spawn: spawnWorker,
      stateFile: dir.shares,
      hashers: Math.max(1, cpus().length - 1),
      log,
      clock: systemClock,
      known: (share, after) => catalog.known(share, after),
      commit: (changes) => catalog.commit(changes),
    });
    const tree: Tree = new Tree(catalog, () =>
      node === null ? [] : members(node).filter(({ state }) => state === "alive" || state === "suspect"),
    );
    const transfers = await Transfers.open({
      dir: options.downloads,
      stateFile: dir.downloads,
      log,
      clock: systemClock,
      random,
      catalog,
      path: (ref) => tree.pathOf(ref),
      name: (member) => tree.nameOf(member),
      self: () => identity.memberId,
      openOwn: (share, path) => shares.openFile(share, path),
      fetch,
    });
    node = new GroupShareNode(
      options,
      log,
      dir,
      { identity, wireName, apiToken },
      { catalog, shares, transfers, tree },
    );
    react(node);
    return node;
  }

  /** The group this member is in, null outside any. */
  get session(): Session | null {
    return this.#session;
  }

  /** Offers the shares of the options for this run. Fails naming the first that cannot be. */
  async addShares(): Promise<void> {
    for (const { path, name } of this.options.shares) await this.shares.add({ path, name, fixed: true });
  }

  /** Enters the group that the data directory or the options name, and joins its members. Null where none is named. */
  async enter(): Promise<Session | null> {
    const stored = await this.#groupFile.read((message) => this.log.warn(message));
    const invite = this.options.invite === null ? null : readInvite(this.options.invite);
    const { group, seeds } = chooseGroup(stored, invite, this.options);
    if (group === null) return null;
    const session = await this.#begin(group);
    try {
      const answered = await this.#join(session, seeds, stored === null && invite !== null);
      this.log.info("in the group", { group: group.name, members: answered });
      await this.#groupFile.write(group);
    } catch (thrown) {
      await this.#end();
      throw thrown;
    }
    return session;
  }

  async startGroup(name: string): Promise<void> {
    this.#mustBeAlone();
    const group = newGroup(name);
    await this.#begin(group);
    await this.#groupFile.write(group);
  }

  async join(text: string): Promise<void> {
    this.#mustBeAlone();
    const { group, addresses } = readInvite(text);
    const session = await this.#begin(group);
    try {
      await this.#join(session, addresses, true);
      await this.#groupFile.write(group);
    } catch (thrown) {
      await this.#end();
      throw thrown;
    }
  }

  /** Says goodbye and forgets the group, its secret and the others' lists. */
  async leave(): Promise<void> {
    if (this.#session === null) throw notInGroup("leave");
    await this.#end();
    await this.#groupFile.remove();
    await this.catalog.forget();
  }

  invite(): string {
    if (this.#session === null) throw notInGroup("invite anybody");
    return writeInvite({ group: this.#session.group, addresses: this.#session.addresses() });
  }

  /** Says goodbye, keeps the group for next time, and ends all parts. */
  async stop(): Promise<void> {
    await this.#end();
    await this.transfers.stop();
    await this.shares.stop();
    await this.catalog.stop();
  }

  async #begin(group: Group): Promise<Session> {
    const session = await Session.open({
      node: this.options,
      group,
      identity: this.identity,
      wireName: this.wireName,
      standing: this.catalog.own,
      routes: [this.catalog.routes(), this.transfers.routes()],
      stateFile: this.#dir.membership,
      log: this.log,
    });
    this.#session = session;
    reactInGroup(this, session);
    this.news.tell({ kind: "group" });
    return session;
  }

  /** Ends the time in the group; nobody else is here any more. */
  async #end(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.catalog.present([]);
    await session?.close();
    if (session !== null) this.news.tell({ kind: "group" });
  }

  /** Returns how many members are here then. A first join with nobody answering fails; a later one goes on alone, looking for them. */
  async #join(session: Session, seeds: readonly string[], first: boolean): Promise<number> {
    if (!first) {
      // Who is not here any more may take long not to answer, and is looked for anyway.
      const answers = Promise.all([session.membership.join(seeds), session.membership.rejoin()]);
      await Promise.race([answers, sleep(REJOIN_PATIENCE_MS)]);
      return session.others().length;
    }
    const { joined, failed } = await session.membership.join(seeds);
    if (joined.length > 0) return joined.length;
    const tried = failed.map(({ seed, why }) => `${seed} (${why})`).join(", ");
    throw new GroupShareError("unreachable", `Cannot join "${session.group.name}": no member answered at ${tried}`, {
      hint: "ask a member that is running now for a new invite, or name one's address with --join HOST:PORT",
    });
  }

  #mustBeAlone(): void {
    if (this.#session === null) return;
    throw new GroupShareError("conflict", `Cannot join a group: this member is in "${this.#session.group.name}"`, {
      hint: "leave it first",
    });
  }
}

/** Which group to be in, and whom to ask first. */
function chooseGroup(
  stored: Group | null,
  invite: { group: Group; addresses: readonly string[] } | null,
  options: NodeOptions,
): { group: Group | null; seeds: string[] } {
  if (stored !== null) {
    if (invite !== null && invite.group.id !== stored.id)
      throw otherGroup(stored.name, `the invite is to "${invite.group.name}"`);
    if (options.group !== null && options.group !== stored.name)
      throw otherGroup(stored.name, `--group names "${options.group}"`);
    return { group: stored, seeds: [...(invite?.addresses ?? []), ...options.join] };
  }
  if (invite !== null) return { group: invite.group, seeds: [...invite.addresses, ...options.join] };
  if (options.group !== null) return { group: newGroup(options.group), seeds: [] };
  return { group: null, seeds: [] };
}

function otherGroup(name: string, why: string): GroupShareError {
  return new GroupShareError("usage", `Cannot change the group: this member is in "${name}", and ${why}`, {
    hint: 'leave the group first ("groupshare leave"), or use another --data-dir',
  });
}

function notInGroup(action: string): GroupShareError {
  return new GroupShareError("conflict", `Cannot ${action}: this member is in no group`, {
    hint: "start a group or join one first",
  });
}
