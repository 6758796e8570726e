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
  /** Its list is not taken, since it has "too-many-entries" for this member, or is "damaged"; absent where it is. */
  readonly refused?: "too-many-entries" | "damaged";
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
  /** Of a file in the merged tree whose path has several contents: all of them, the newest first, which is shown. */
  readonly versions?: readonly VersionView[];
  /** Its share's folder cannot be read just now, such as on a drive that is not there; nor that of anyone who has the path. */
  readonly offline?: true;
}

/** One of several contents under the same path of the merged tree. */
export interface VersionView {
  /** Display names of the members that hold it. */
  readonly holders: readonly string[];
  readonly size: number;
  readonly mtime: number;
  readonly contentId: string | null;
  /** Where one of them has it: `MEMBER/SHARE/folder/file`. */
  readonly path: string;
  readonly offline?: true;
}

/**
 * One page of a folder's list, and the folder itself. Path "" lists members, a member's path its shares, "@all" the
 * shares of all members together.
 */
export interface Listing extends Page<FileView> {
  readonly folder: FileView;
  /** Entries in the folder, on all pages. */
  readonly total: number;
  /** There may be more than `total`: a large folder of several members is not counted to the end. */
  readonly atLeast?: true;
}

/** Which part of a list is wanted. */
export interface ListPage {
  /** `next` of the page before. */
  readonly after: string | null;
  readonly limit: number;
  /** Only what this member holds nowhere in its own shares. */
  readonly lacking?: boolean;
}

/** Types of files that a search may be narrowed to, told by the ends of their names. */
export const FILE_TYPES = ["image", "video", "audio", "document", "archive"] as const;

/** What is searched for, and among what. Each of the words must be in the path, one at least in the name itself. */
export interface SearchWish extends ListPage {
  readonly text: string;
  readonly kind?: "file" | "folder";
  readonly types?: readonly (typeof FILE_TYPES)[number][];
  /** Bytes of files, both ends included. */
  readonly min?: number;
  readonly max?: number;
  /** Changed within, milliseconds since 1970, both ends included. */
  readonly from?: number;
  readonly to?: number;
  /** Display or wire name. */
  readonly member?: string;
}

/** What was found, the best first. */
export interface SearchListing extends Page<FileView> {
  /** On all pages. Show more than 10 000 as "10 000+": nobody reads so far. */
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
  readonly hashedBytes: number;
  /** Until all is hashed, milliseconds; null while that cannot be told. */
  readonly remainingMs: number | null;
  /** Hashing rests until it is resumed. */
  readonly paused: boolean;
  /** What is there and not offered: links that lead elsewhere, special files, names that are not UTF-8, unreadable folders. */
  readonly skipped: number;
  /** Hidden files are offered, too. */
  readonly hidden: boolean;
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

/** Which of its secrets a group has now, who was seen with one of them, and who was removed. */
export interface GenerationsView {
  readonly generation: number;
  /** Those known by their ids, this member left out, the last seen first. */
  readonly roster: readonly {
    readonly id: string;
    readonly name: string;
    /** Milliseconds since 1970. */
    readonly seen: number;
    readonly here: boolean;
  }[];
  /** The last removed first. */
  readonly removed: readonly { readonly id: string; readonly name: string; readonly at: number }[];
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

/** What became of a member, or of somebody who would be one. */
export interface MemberNews {
  readonly kind: "member";
  /** "refuted": it was suspect, and is not. "refused": what is claimed under this name is not believed. */
  readonly event: "joined" | "suspected" | "refuted" | "died" | "left" | "refused";
  /** It is this member. */
  readonly self: boolean;
  readonly id: string | null;
  readonly name: string;
  readonly wireName: string;
  /** `host:port` of its gossip. */
  readonly address: string;
  /** 0 of one that is refused. */
  readonly incarnation: number;
  /** Why it is refused, in words; else null. */
  readonly why: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * What happened, for pages that are open. `catalog` names the member whose list changed; `member` what became of one,
 * where `members` only says that the list of them is another.
 */
export type News =
  | { readonly kind: "members" }
  | MemberNews
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
  /** What became of members lately, the newest first. */
  history(): readonly MemberNews[];
  /** Fails where the signal fires while a member is asked for it. */
  list(path: string, page: ListPage, signal?: AbortSignal): Promise<Listing>;
  /** Searches all that is offered now. Fails with `conflict` where the signal fires, such as when its page asks something newer. */
  search(wish: SearchWish, signal?: AbortSignal): Promise<SearchListing>;
  open(path: string): Promise<OpenedFile>;
  /** All files below a folder with paths relative to it, for an archive. Fails where the signal fires. */
  walk(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly files: AsyncIterable<{ path: string; file: FileView }> }>;

  downloads(): DownloadView[];
  download(paths: readonly string[], options: { into: string | null }): Promise<DownloadView[]>;
  /** "clear" takes one that has ended off the list, and answers with it as it was: its files stay where they are. */
  changeDownload(id: string, action: "pause" | "resume" | "cancel" | "clear"): Promise<DownloadView>;

  shares(): ShareView[];
  addShare(share: { path: string; name: string | null; hidden?: boolean }): Promise<ShareView>;
  removeShare(id: string): Promise<void>;
  /** For all shares, until `resumeHashing` or the end of this run. */
  pauseHashing(): Promise<void>;
  resumeHashing(): Promise<void>;

  group(): GroupView | null;
  invite(): Promise<string>;
  startGroup(name: string): Promise<GroupView>;
  join(invite: string): Promise<GroupView>;
  leave(): Promise<void>;
  /** null outside a group, and in a cluster joined by its key, which has no generations. */
  generations(): GenerationsView | null;
  /** Gives the group a new secret, which all members get: invites of before work no more. */
  rotate(): Promise<void>;
  /** The same, and without this member, here or not: named as in paths, by wire name or by id. */
  expel(member: string): Promise<void>;

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
