import { GroupShareError } from "../../src/shared/errors.ts";
import type {
  DownloadView,
  GenerationsView,
  GroupView,
  KeyringView,
  MemberNews,
  NearbyView,
  Needs,
  ShareView,
} from "../../src/web/needs.ts";
import { FakeFiles, hex } from "./fake-files.ts";

/** All that the page asks for, in memory, to be changed under it. */
export class FakeNeeds extends FakeFiles implements Needs {
  readonly version = "0.1.0";
  #downloads: DownloadView[] = [];
  #shares: ShareView[] = [];
  #group: GroupView | null = { id: "00112233445566778899aabbccddeeff", name: "Family" };
  /** What stands in the way of going on in the group. */
  stopped: GroupShareError | null = null;
  around: NearbyView[] = [];
  /** null: a cluster joined by its key. */
  secrets: GenerationsView | null = { generation: 1, roster: [], removed: [] };
  past: MemberNews[] = [];
  keys: string[] = ["AAECAwQFBgcICQoLDA0ODw=="];

  setDownloads(downloads: DownloadView[]): void {
    this.#downloads = downloads;
    this.tell({ kind: "downloads" });
  }

  setShares(shares: ShareView[]): void {
    this.#shares = shares;
    this.tell({ kind: "shares" });
  }

  setGroup(group: GroupView | null): void {
    this.#group = group;
    this.tell({ kind: "group" });
  }

  history(): readonly MemberNews[] {
    return this.past;
  }

  downloads(): DownloadView[] {
    return this.#downloads;
  }

  async download(paths: readonly string[], { into }: { into: string | null }): Promise<DownloadView[]> {
    this.calls.push(`download ${paths.join(" ")} into ${into ?? "-"}`);
    const added = paths.map((path, at) => {
      const view = this.viewAt(path);
      return {
        id: `d${this.#downloads.length + at + 1}`,
        path,
        state: "downloading",
        size: view.size,
        done: 0,
        rate: 0,
        sources: view.holders,
        error: null,
        target: `/home/ana/Downloads/GroupShare/${view.name}`,
      } satisfies DownloadView;
    });
    this.setDownloads([...this.#downloads, ...added]);
    return added;
  }

  async changeDownload(id: string, action: Parameters<Needs["changeDownload"]>[1]): Promise<DownloadView> {
    const states = { pause: "paused", resume: "downloading", cancel: "cancelled" } as const;
    const before = this.#downloads.find((download) => download.id === id);
    if (before === undefined)
      throw new GroupShareError("not-found", `Cannot ${action} "${id}": there is no such download`);
    if (action === "clear") {
      this.setDownloads(this.#downloads.filter((download) => download.id !== id));
      return before;
    }
    const changed = { ...before, state: states[action], rate: 0 };
    this.setDownloads(this.#downloads.map((download) => (download.id === id ? changed : download)));
    return changed;
  }

  shares(): ShareView[] {
    return this.#shares;
  }

  async addShare({ path, name, hidden }: Parameters<Needs["addShare"]>[0]): Promise<ShareView> {
    if (!path.startsWith("/")) {
      throw new GroupShareError("not-found", `Cannot share "${path}": there is no such folder`, {
        hint: "give the whole path of a folder on this computer",
      });
    }
    const share: ShareView = {
      id: hex(path).slice(0, 16),
      name: name ?? path.split("/").at(-1) ?? path,
      path,
      state: "scanning",
      files: 0,
      bytes: 0,
      hashed: 0,
      hashedBytes: 0,
      remainingMs: null,
      paused: false,
      skipped: 0,
      hidden: hidden === true,
      fixed: false,
      error: null,
    };
    this.setShares([...this.#shares, share]);
    return share;
  }

  async removeShare(id: string): Promise<void> {
    this.setShares(this.#shares.filter((share) => share.id !== id));
  }

  async pauseHashing(): Promise<void> {
    this.setShares(this.#shares.map((share) => ({ ...share, paused: true })));
  }

  async resumeHashing(): Promise<void> {
    this.setShares(this.#shares.map((share) => ({ ...share, paused: false })));
  }

  group(): GroupView | null {
    return this.#group;
  }

  async invite(): Promise<string> {
    return `groupshare:1.${"kq3Jx0Vf9aBzY7tUeWmRr2LhCsPdNoGi".repeat(5)}`;
  }

  async startGroup(name: string): Promise<GroupView> {
    this.setGroup({ id: hex(name).slice(0, 32), name });
    return { id: hex(name).slice(0, 32), name };
  }

  async join(invite: string): Promise<GroupView> {
    if (!invite.startsWith("groupshare:")) {
      throw new GroupShareError("invalid", "Cannot join: this is not an invite", {
        hint: "an invite starts with groupshare:",
      });
    }
    return await this.startGroup("Joined");
  }

  async leave(): Promise<void> {
    this.setGroup(null);
  }

  generations(): GenerationsView | null {
    return this.secrets;
  }

  async rotate(): Promise<void> {
    this.calls.push("rotate");
    if (this.secrets !== null) this.secrets = { ...this.secrets, generation: this.secrets.generation + 1 };
    this.tell({ kind: "members" });
  }

  async expel(member: string): Promise<void> {
    this.calls.push(`remove ${member}`);
    const gone = this.secrets?.roster.find(({ id }) => id === member);
    if (this.secrets === null || gone === undefined) {
      throw new GroupShareError("not-found", `Cannot find a member "${member}"`);
    }
    const { roster, removed, generation } = this.secrets;
    const out = { id: gone.id, name: gone.name, at: 1 };
    this.secrets = {
      generation: generation + 1,
      roster: roster.filter((one) => one !== gone),
      removed: [out, ...removed],
    };
    this.tell({ kind: "members" });
  }

  trouble(): GroupShareError | null {
    return this.stopped;
  }

  nearby(): NearbyView[] {
    return this.around;
  }

  keyring(): KeyringView {
    return { primary: this.keys[0] ?? null, keys: this.keys };
  }

  async changeKeyring(action: "add" | "use" | "remove", key: string): Promise<KeyringView> {
    this.calls.push(`${action} ${key}`);
    const others = this.keys.filter((known) => known !== key);
    this.keys = action === "add" ? [...others, key] : action === "use" ? [key, ...others] : others;
    return this.keyring();
  }

  async status() {
    return {
      name: this.self()?.name ?? "",
      id: this.self()?.id ?? "",
      group: this.#group?.name ?? null,
      uptimeMs: 1_000,
      version: this.version,
      gossip: "0.0.0.0:7946",
      peer: "0.0.0.0:7948",
      downloads: "/home/ana/Downloads/GroupShare",
      shares: this.#shares,
      counters: { filesHashed: 3 },
    };
  }
}
