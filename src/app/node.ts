import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { Catalog } from "../catalog/mod.ts";
import { Discovery } from "../membership/mod.ts";
import { openLog } from "../platform/log.ts";
import { spawnWorker } from "../platform/worker-files.ts";
import { Shares } from "../share/mod.ts";
import { systemClock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import type { GroupShareError } from "../shared/errors.ts";
import { type Log, tellFailure } from "../shared/log.ts";
import { systemRandom as random } from "../shared/random.ts";
import { Transfers } from "../transfer/mod.ts";
import { type Group, type Identity, loadIdentity, newGroup, readInvite, writeInvite } from "../trust/mod.ts";
import { isCluster } from "./cluster.ts";
import { type DataDir, loadApiToken, loadProfile, openDataDir, type Profile } from "./data-dir.ts";
import { announceOn, openGroup } from "./entering.ts";
import { joinAgain, joinFirst } from "./joining.ts";
import { LoopDelay } from "./loop-delay.ts";
import { NewsFeed } from "./news.ts";
import type { NodeOptions } from "./options.ts";
import { discovered, react, reactInGroup } from "./reactions.ts";
import { GossipKeyFile } from "./rotation/gossip-keys.ts";
import type { Rotation } from "./rotation/rotation.ts";
import { RotationStore } from "./rotation/store.ts";
import type { Session } from "./session.ts";
import { Tree } from "./tree.ts";
import { members } from "./views.ts";
import { chooseGroup, inGroup, noInvites, notInGroup, runsElsewhere, wasRemoved } from "./which-group.ts";

/** Files and bytes of each member whose list is here. */
export type Totals = ReadonlyMap<string, { readonly files: number; readonly bytes: number }>;

/** One running GroupShare: its shares, its catalog and its downloads, with or without a group. */
export class GroupShareNode {
  readonly options: NodeOptions;
  readonly log: Log;
  readonly startedAt = systemClock.now();
  readonly news = new NewsFeed();
  readonly loopDelay = new LoopDelay(systemClock);
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
  readonly #store: RotationStore;
  readonly #keyFile: GossipKeyFile;
  readonly #failed = Promise.withResolvers<GroupShareError>();
  #trouble: GroupShareError | null = null;
  /** The group is entered and left by one wish at a time. */
  readonly #turn = pLimit(1);
  #session: Session | null = null;
  #rotation: Rotation | null = null;

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
    this.#store = new RotationStore(dir, log);
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
    const identity = await loadIdentity(dir.identity, log);
    const profile = await loadProfile(dir.root, options.name, identity.memberId, log);
    const apiToken = await loadApiToken(dir.apiToken, log);
    // The parts ask the group through the node, which is there before the first question is.
    let node: GroupShareNode | null = null;
    const session = (): Session | null => node?.session ?? null;
    const fetch = (member: string, path: string, init: { headers?: Record<string, string>; signal: AbortSignal }) =>
      session()?.fetch(member, path, init) ?? Promise.reject(notInGroup("ask another member"));
    const catalog = await Catalog.open({
      dir: dir.catalog,
      entries: options.entries,
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
      hashers: availableParallelism(),
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
      refusesWrite: (path) => shares.refusesWrite(path),
      path: (ref) => tree.pathOf(ref),
      name: (member) => tree.nameOf(member),
      self: () => identity.memberId,
      openOwn: (share, path, unread) => {
        if (unread) shares.urgent(share, path);
        return shares.openFile(share, path);
      },
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

  /** Secrets and roster of the group; null outside any, and in a cluster of others, which has no such thing. */
  get rotation(): Rotation | null {
    return this.#rotation;
  }

  /** Why this member stopped in its group; null where it did not. */
  get trouble(): GroupShareError | null {
    return this.#trouble;
  }

  /** Offers the shares of the options for this run. Fails naming the first that cannot be. */
  async addShares(): Promise<void> {
    const { shares, hidden } = this.options;
    for (const { path, name } of shares) await this.shares.add({ path, name, fixed: true, hidden });
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
      if (this.#session === null && this.#trouble === null) throw notInGroup("leave");
      await this.#end();
      this.#trouble = null;
      await this.#store.remove();
      await this.#keyFile.remove();
      await this.catalog.forget();
    });
  }

  async invite(): Promise<string> {
    if (this.#session === null) throw notInGroup("invite anybody");
    if (isCluster(this.#session.group)) throw noInvites(this.#session.group.name);
    await this.#rotation?.inUse();
    if (this.#session === null) throw notInGroup("invite anybody");
    return writeInvite({ group: this.#session.group, addresses: this.#session.addresses() });
  }

  /** Says goodbye, keeps the group for next time, and ends all parts. */
  async stop(): Promise<void> {
    await this.#turn(() => this.#end());
    await this.discovery?.stop();
    await this.transfers.stop();
    await this.shares.stop();
    await this.catalog.stop();
    this.loopDelay.stop();
  }

  async #enter(): Promise<Session | null> {
    const stored = await this.#store.group();
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
      await (first ? joinFirst(this, session, seeds) : joinAgain(session, seeds));
      await this.#rotation?.keep();
      return session;
    } catch (thrown) {
      await this.#end();
      throw thrown;
    }
  }

  async #begin(group: Group): Promise<Session> {
    const { session, rotation } = await openGroup(this, group, {
      dir: this.#dir,
      store: this.#store,
      keyFile: this.#keyFile,
      removed: (from) => tellFailure(this.log, "leave the group that removed this member", this.#cast(from)),
    });
    this.#session = session;
    this.#rotation = rotation;
    // It may have moved while the ports were opened, when there was nobody to tell.
    session.membership.announce(this.catalog.own);
    announceOn(this, session);
    const aside = session.membership.elsewhere.then((at) => this.#stepAside(session, endpointText(at)));
    tellFailure(this.log, "step aside for the same identity elsewhere", aside);
    reactInGroup(this, session);
    this.news.tell({ kind: "group" });
    return session;
  }

  /** Ends the time in the group; nobody else is here any more. */
  async #end({ goodbye = true } = {}): Promise<void> {
    const session = this.#session;
    const rotation = this.#rotation;
    this.#session = null;
    this.#rotation = null;
    this.discovery?.withdraw();
    this.catalog.present([]);
    await rotation?.stop();
    await session?.close({ goodbye });
    if (session !== null) this.news.tell({ kind: "group" });
  }

  /** Another member says that this one was removed: it goes, and keeps what is its own. */
  #cast(rotation: Rotation): Promise<void> {
    return this.#turn(async () => {
      if (this.#session === null || this.#rotation !== rotation) return;
      await this.#stopHere(wasRemoved(this.#session.group.name), true);
      await this.catalog.forget();
    });
  }

  /** The same identity runs at another address, and did so first: two cannot be told apart, so this one stops. */
  #stepAside(session: Session, at: string): Promise<void> {
    return this.#turn(async () => {
      if (this.#session !== session) return;
      await this.#stopHere(runsElsewhere(at), false);
    });
  }

  async #stopHere(trouble: GroupShareError, goodbye: boolean): Promise<void> {
    this.#trouble = trouble;
    this.log.error(trouble.message, { hint: trouble.hint });
    await this.#end({ goodbye }).finally(() => this.#failed.resolve(trouble));
  }

  #mustBeAlone(action: string): void {
    if (this.#trouble !== null) throw this.#trouble;
    if (this.#session !== null) throw inGroup(action, this.#session.group.name);
  }
}
