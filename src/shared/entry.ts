/** A file's bytes, named by what they are. Always both: the tree alone does not tell a file from its own hash layer. */
export interface Content {
  /** BEP 52 pieces root, 64 lower-case hex digits. */
  readonly root: string;
  /** Bytes, more than 0: an empty file has no content. */
  readonly size: number;
}

/** One file or folder of a share, as every member sees it. */
export interface Entry {
  /** Last component of `path`; of a share's own folder, the share's name. */
  readonly name: string;
  /** `/`-separated below the share, compared byte by byte; "" is the share's own folder. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Bytes; of a folder, all files below it. */
  readonly size: number;
  /** Milliseconds since 1970, whole. */
  readonly mtime: number;
  /** Root of the content; null while unhashed, for empty files and for folders. */
  readonly root: string | null;
  /** Files below a folder; 1 for a file. */
  readonly files: number;
  /** Its share's folder cannot be read just now, such as on a drive that is not there. */
  readonly offline?: true;
}

/** Where an entry is in the group: what is stored, since names may change. */
export interface EntryRef {
  /** Member id, 64 hex digits. */
  readonly member: string;
  /** Share id, 16 hex digits. */
  readonly share: string;
  /** Path below the share, "" for the share itself. */
  readonly path: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back to get what follows; null at the end. */
  readonly next: string | null;
}

/** What a file system says of a file beside size and mtime, to tell an unchanged one without reading it. Never leaves this machine. */
export interface FileStat {
  /** `dev:ino`, decimal. */
  readonly inode: string;
  /** Status change time, whole milliseconds since 1970. */
  readonly ctime: number;
}

/** One change of this member's own shares, on its way from disk to the catalog. */
export type Change =
  /** A share exists under this name; offline while its folder cannot be read, which deletes nothing. */
  | { readonly kind: "share"; readonly share: string; readonly name: string; readonly online: boolean }
  /** A share is no more, nor anything in it. */
  | { readonly kind: "unshare"; readonly share: string }
  | { readonly kind: "folder"; readonly share: string; readonly path: string; readonly mtime: number }
  | {
      readonly kind: "file";
      readonly share: string;
      readonly path: string;
      readonly size: number;
      readonly mtime: number;
      /** null while unhashed, and for empty files. */
      readonly root: string | null;
      readonly stat: FileStat;
    }
  /** This path is no more, nor anything below it. */
  | { readonly kind: "gone"; readonly share: string; readonly path: string };

/** What was known of a path of an own share when it was last looked at. `stat` is null where that was lost. */
export interface Known {
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly size: number;
  readonly mtime: number;
  readonly root: string | null;
  readonly stat: FileStat | null;
}
