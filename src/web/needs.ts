import type { Page } from "../shared/entry.ts";
import type { GroupShareError } from "../shared/errors.ts";
import type { ByteRange } from "../shared/http-range.ts";

/** A member as pages and API show it: the fields that scripts rely on (DESIGN §11). */
export interface MemberView {
  readonly name: string;
  readonly wireName: string;
  /** null for a member that is no GroupShare program. */
  readonly id: string | null;
  readonly state: "alive" | "suspect" | "dead" | "left";
  readonly self: boolean;
  /** `host:port` of its gossip. */
  readonly address: string;
  readonly rttMs: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly version: string;
  readonly incarnation: number;
  /** When it came into its state, milliseconds since 1970. */
  readonly since: number;
}

/** A member, share, folder or file in the group's tree. */
export interface FileView {
  readonly name: string;
  /** Path in the group: `MEMBER/SHARE/folder/file`. */
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly size: number;
  readonly mtime: number;
  readonly contentId: string | null;
  /** Display names of the members that hold it. */
  readonly holders: readonly string[];
  /** Files below a folder; 1 for a file. */
  readonly files: number;
  /** Of a share whose folder cannot be read just now, such as on a drive that is not there. */
  readonly offline?: true;
}

/** One page of a folder's list, and the folder itself. Path "" lists members, a member's path its shares. */
export interface Listing extends Page<FileView> {
  readonly folder: FileView;
  /** Entries in the folder, on all pages. */
  readonly total: number;
}

export interface DownloadView {
  readonly id: string;
  readonly path: string;
  readonly state: "queued" | "downloading" | "paused" | "waiting" | "done" | "failed" | "cancelled";
  readonly size: number;
  readonly done: number;
  /** Bytes a second, lately. */
  readonly rate: number;
  /** Display names of the members it comes from. */
  readonly sources: readonly string[];
  readonly error: string | null;
  /** Where it is put on this machine. */
  readonly target: string;
}

export interface ShareView {
  readonly id: string;
  readonly name: string;
  /** The folder on this machine. */
  readonly path: string;
  readonly state: "scanning" | "hashing" | "ready" | "offline";
  readonly files: number;
  readonly bytes: number;
  /** Files whose content is known, empty ones among them. */
  readonly hashed: number;
  /** Given by a flag for this run, so not to be removed here. */
  readonly fixed: boolean;
  readonly error: string | null;
}

/** A member of any group that announces itself on the network. */
export interface NearbyView {
  /** Name of its group. */
  readonly name: string;
  /** The first 8 bytes of the SHA-256 of its group's id, as hex. */
  readonly hash: string;
  /** `host:port` of its gossip. */
  readonly address: string;
}

/** Keys of the gossip in base64, as Serf takes them; the primary is the first. */
export interface KeyringView {
  /** null where gossip goes in clear. */
  readonly primary: string | null;
  readonly keys: readonly string[];
}

export interface GroupView {
  readonly id: string;
  readonly name: string;
}

export interface StatusView {
  readonly name: string;
  readonly id: string;
  readonly group: string | null;
  readonly uptimeMs: number;
  readonly version: string;
  readonly gossip: string | null;
  readonly peer: string | null;
  readonly downloads: string;
  readonly shares: readonly ShareView[];
  readonly counters: Readonly<Record<string, number>>;
}

/** A file of the group, from this machine or another, opened to be read. */
export interface OpenedFile {
  readonly name: string;
  readonly size: number;
  readonly mtime: number;
  /** Strong validator without quotes. */
  readonly etag: string;
  /** The bytes of the range, or all. Cancelling it frees what it holds. */
  stream(range: ByteRange | null): Promise<ReadableStream<Uint8Array>>;
}

/**
 * What happened, for pages that are open. `catalog` names the member whose list changed; `member` what became of one,
 * where `members` only says that the list of them is another.
 */
export type News =
  | { readonly kind: "members" }
  | {
      readonly kind: "member";
      /** What became of it; "refuted" that it is suspect. */
      readonly event: "joined" | "suspected" | "refuted" | "died" | "left";
      readonly id: string | null;
      readonly name: string;
      readonly wireName: string;
      /** `host:port` of its gossip. */
      readonly address: string;
      readonly incarnation: number;
      /** Milliseconds since 1970. */
      readonly at: number;
    }
  | { readonly kind: "nearby" }
  | { readonly kind: "catalog"; readonly member: string }
  | { readonly kind: "downloads" }
  | { readonly kind: "shares" }
  | { readonly kind: "group" };

/**
 * All that the page and the API ask of the rest of the program; `app` supplies it.
 * Failures are GroupShareErrors; `status.ts` maps their codes to HTTP.
 */
export interface Needs {
  readonly version: string;
  self(): MemberView | null;
  members(options: { all: boolean }): MemberView[];
  list(path: string, page: { after: string | null; limit: number }): Promise<Listing>;
  open(path: string): Promise<OpenedFile>;
  /** All files below a folder with paths relative to it, for an archive. */
  walk(
    path: string,
  ): Promise<{ readonly name: string; readonly files: AsyncIterable<{ path: string; file: FileView }> }>;

  downloads(): DownloadView[];
  download(paths: readonly string[], options: { into: string | null }): Promise<DownloadView[]>;
  changeDownload(id: string, action: "pause" | "resume" | "cancel"): Promise<DownloadView>;

  shares(): ShareView[];
  addShare(share: { path: string; name: string | null }): Promise<ShareView>;
  removeShare(id: string): Promise<void>;

  group(): GroupView | null;
  invite(): Promise<string>;
  startGroup(name: string): Promise<GroupView>;
  join(invite: string): Promise<GroupView>;
  leave(): Promise<void>;

  /** Why this member stopped in its group, which is not to be entered again before that is mended; null where it did not. */
  trouble(): GroupShareError | null;
  nearby(): NearbyView[];

  keyring(): KeyringView;
  /** `key`: base64 of 16, 24 or 32 bytes. Holds at once, for this member alone. */
  changeKeyring(action: "add" | "use" | "remove", key: string): Promise<KeyringView>;

  status(): Promise<StatusView>;
  /** Hears news until the returned function is called. */
  subscribe(listener: (news: News) => void): () => void;
}
