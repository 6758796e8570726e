import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { Catalog } from "../catalog/mod.ts";
import { Discovery } from "../membership/mod.ts";
import { openLog } from "../platform/log.ts";
import { spawnWorker } from "../platform/worker-files.ts";
import { Shares } from "../share/mod.ts";
import { systemClock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";
import { Transfers } from "../transfer/mod.ts";
import { type Group, GroupFile, type Identity, loadIdentity, newGroup, readInvite, writeInvite } from "../trust/mod.ts";
import { isCluster } from "./cluster.ts";
import { type DataDir, loadApiToken, loadProfile, openDataDir, type Profile } from "./data-dir.ts";
import { GossipKeyFile } from "./gossip-keys.ts";
import { joinAny } from "./joining.ts";
import { NewsFeed } from "./news.ts";
import type { NodeOptions } from "./options.ts";
import { discovered, react, reactInGroup } from "./reactions.ts";
import { Session } from "./session.ts";
import { Tree } from "./tree.ts";
import { members } from "./views.ts";
import { chooseGroup, noInvites, notInGroup, runsElsewhere } from "./which-group.ts";

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
  readonly profile: Profile;
  readonly apiToken: string;
  readonly catalog: Catalog;
  readonly shares: Shares;
  readonly transfers: Transfers;
  readonly tree: Tree;
  /** Finds members on the same network; null where that is switched off. */
  readonly discovery: Discovery | null;
  /** Resolves where this member cannot go on in its group, with why. */
  readonly failed: Promise<GroupShareError>;
  /** As last asked of the catalog: see reactions.ts. */
  totals: Totals = new Map();
  readonly #dir: DataDir;
  readonly #groupFile: GroupFile;
  readonly #keyFile: GossipKeyFile;
  readonly #failed = Promise.withResolvers<GroupShareError>();
  #trouble: GroupShareError | null = null;
  /** The group is entered and left by one wish at a time. */
  readonly #turn = pLimit(1);
  #session: Session | null = null;

  private constructor(
    options: NodeOptions,
    log: Log,
    dir: DataDir,
    who: { identity: Identity; profile: Profile; apiToken: string },
    parts: { catalog: Catalog; shares: Shares; transfers: Transfers; tree: Tree },
  ) {
    this.options = options;
    this.log = log;
    this.#dir = dir;
    this.#groupFile = new GroupFile(dir.group);
    this.#keyFile = new GossipKeyFile(dir.keyring, log);
    this.failed = this.#failed.promise;
    this.discovery = options.discovery ? new Discovery(log, () => discovered(this)) : null;
    this.identity = who.identity;
    this.profile = who.profile;
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
    const profile = await loadProfile(dir.root, options.name, identity.memberId, log);
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
      listed: async () => (await catalog.shares(identity.memberId)).map(({ id }) => id),
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
    node = new GroupShareNode(options, log, dir, { identity, profile, apiToken }, { catalog, shares, transfers, tree });
    react(node);
    return node;
  }

  /** The group this member is in, null outside any. */
  get session(): Session | null {
    return this.#session;
  }

  /** Why this member stopped in its group; null where it did not. */
  get trouble(): GroupShareError | null {
    return this.#trouble;
  }

  /** Offers the shares of the options for this run. Fails naming the first that cannot be. */
  async addShares(): Promise<void> {
    for (const { path, name } of this.options.shares) await this.shares.add({ path, name, fixed: true });
    await this.shares.given();
  }

  /** Enters the group that the data directory or the options name, and joins its members. Null where none is named. */
  enter(): Promise<Session | null> {
    return this.#turn(() => this.#enter());
  }

  startGroup(name: string): Promise<void> {
    return this.#turn(async () => {
      this.#mustBeAlone("start");
      await this.#found(newGroup(name), [], false);
    });
  }

  join(text: string): Promise<void> {
    return this.#turn(async () => {
      this.#mustBeAlone("join");
      const { group, addresses } = readInvite(text);
      await this.#found(group, addresses, true);
    });
  }

  /** Says goodbye and forgets the group, its secret and the others' lists. */
  leave(): Promise<void> {
    return this.#turn(async () => {
      if (this.#session === null) throw notInGroup("leave");
      await this.#end();
      await this.#groupFile.remove();
      await this.#keyFile.remove();
      await this.catalog.forget();
    });
  }

  invite(): string {
    if (this.#session === null) throw notInGroup("invite anybody");
    if (isCluster(this.#session.group)) throw noInvites(this.#session.group.name);
    return writeInvite({ group: this.#session.group, addresses: this.#session.addresses() });
  }

  /** Says goodbye, keeps the group for next time, and ends all parts. */
  async stop(): Promise<void> {
    await this.#turn(() => this.#end());
    await this.discovery?.stop();
    await this.transfers.stop();
    await this.shares.stop();
    await this.catalog.stop();
  }

  async #enter(): Promise<Session | null> {
    const stored = await this.#groupFile.read();
    const invite = this.options.invite === null ? null : readInvite(this.options.invite);
    const { group, seeds } = chooseGroup(stored, invite, this.options);
    if (group === null) return null;
    const first = stored === null && invite !== null;
    const session = await this.#found(group, seeds, first);
    this.log.info("in the group", { group: group.name, members: session.others().length });
    return session;
  }

  /** Is in a group from now on, now and after every start; or in none, where that fails. */
  async #found(group: Group, seeds: readonly string[], first: boolean): Promise<Session> {
    const session = await this.#begin(group);
    try {
      await this.#join(session, seeds, first);
      if (!isCluster(group)) await this.#groupFile.write(group);
      return session;
    } catch (thrown) {
      await this.#end();
      throw thrown;
    }
  }

  async #begin(group: Group): Promise<Session> {
    const session = await Session.open({
      node: this.options,
      group,
      identity: this.identity,
      profile: this.profile,
      standing: this.catalog.own,
      routes: [this.catalog.routes(), this.transfers.routes()],
      stateFile: this.#dir.membership,
      keys: await this.#keyFile.keysOf(group, this.options.gossipKeys ?? []),
      announced: () => this.discovery?.ofGroup(group.id) ?? [],
      log: this.log,
    });
    this.#session = session;
    // It may have moved while the ports were opened, when there was nobody to tell.
    session.membership.announce(this.catalog.own);
    this.#announce(session);
    void session.membership.elsewhere.then((at) => this.#stepAside(session, endpointText(at)));
    reactInGroup(this, session);
    this.news.tell({ kind: "group" });
    return session;
  }

  /** Says on the network that this member is here, unless it listens to its own machine alone. */
  #announce({ group, membership }: Session): void {
    const { host, port } = membership.bound;
    if (host.startsWith("127.") || host === "::1" || host === "localhost") return;
    this.discovery?.announce({ wireName: this.profile.wireName, group: group.name, groupId: group.id, port });
  }

  /** Ends the time in the group; nobody else is here any more. */
  async #end({ goodbye = true } = {}): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.discovery?.withdraw();
    this.catalog.present([]);
    await session?.close({ goodbye });
    if (session !== null) this.news.tell({ kind: "group" });
  }

  /** A first join with nobody answering fails; a later one goes on alone, looking for them. */
  async #join(session: Session, seeds: readonly string[], first: boolean): Promise<void> {
    if (!first) {
      // Who is not here any more may take long not to answer, and is looked for anyway.
      const answers = Promise.all([session.membership.join(seeds), session.membership.rejoin()]);
      session.membership.seek(seeds);
      await Promise.race([answers, sleep(REJOIN_PATIENCE_MS)]);
      return;
    }
    await joinAny(session, seeds, this.discovery);
  }

  /** The same identity runs at another address, and did so first: two cannot be told apart, so this one stops. */
  #stepAside(session: Session, at: string): Promise<void> {
    return this.#turn(async () => {
      if (this.#session !== session) return;
      this.#trouble = runsElsewhere(at);
      this.log.error(this.#trouble.message, { hint: this.#trouble.hint });
      await this.#end({ goodbye: false });
      this.#failed.resolve(this.#trouble);
    });
  }

  #mustBeAlone(action: string): void {
    if (this.#trouble !== null) throw this.#trouble;
    if (this.#session === null) return;
    throw new GroupShareError("conflict", `Cannot ${action} a group: this member is in "${this.#session.group.name}"`, {
      hint: "leave it first",
    });
  }
}
