/** What the file system says of a file that is there. Times are whole milliseconds since 1970. */
export interface Look {
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  /** `dev:ino`, decimal. */
  readonly inode: string;
  /** When the inode was made. Where the file system does not tell, some systems give 0, and others the ctime. */
  readonly birth: number;
}

/** What was known of a file when it was last looked at. `inode` is null where its stat was lost. */
export interface FileFacts {
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly inode: string | null;
  /** 0 where it is not known: it is never stored. */
  readonly birth: number;
}

/**
 * `same`: nothing happened. `kept`: still this content, but it has another stat. `verify`: most likely still this
 * content, to be read again when there is time. `changed`: another content.
 */
export type Verdict = "same" | "kept" | "verify" | "changed";

/**
 * Tells an unchanged file from a changed one without reading it (DESIGN §8). `lasting`: whether its file system keeps to
 * its inode numbers, so that another one is another file, even with all times alike: so are those of a folder that was
 * unpacked from an archive and put in another's place.
 */
export function judge(known: FileFacts, look: Look, lasting: () => boolean): Verdict {
  if (known.size !== look.size || known.mtime !== look.mtime) return "changed";
  if (known.inode === null) return "kept";
  if (!sameTime(known.ctime, look.ctime)) return "verify"; // rename, chmod, or an mtime that was set back
  if (births(known, look) === "differ") return "verify"; // a number used again, or a copy put in its place
  if (known.inode === look.inode) return "same";
  // Devices are numbered as they come; network drives and USB sticks may number their files anew at each mount.
  return numberOf(known.inode) === numberOf(look.inode) || !lasting() ? "kept" : "verify";
}

/**
 * Whether a file seen in one place is the one known in another: `sure` where the inode's birth proves it, or its ctime,
 * which the rename of a folder above leaves as it is, told to the millisecond: `judge` asks for no more. `likely` where only
 * its number, size and mtime fit, since file systems use numbers again at once.
 */
export function isMoved(known: FileFacts, look: Look): "sure" | "likely" | "no" {
  if (known.inode !== look.inode || known.size !== look.size || known.mtime !== look.mtime) return "no";
  const birth = births(known, look);
  if (birth === "differ") return "no";
  const untouched = known.ctime === look.ctime && look.ctime % 1000 !== 0;
  return birth === "agree" || untouched ? "sure" : "likely";
}

/** An inode's number on its device. */
const numberOf = (inode: string) => inode.slice(inode.indexOf(":") + 1);

interface Born {
  readonly ctime: number;
  readonly birth: number;
}

function births(known: Born, look: Born): "agree" | "differ" | "unknown" {
  if (known.birth === 0 || look.birth === 0) return "unknown";
  if (known.birth === look.birth) return "agree";
  return known.birth === known.ctime && look.birth === look.ctime ? "unknown" : "differ";
}

/** What tells one folder from another that came to be under the same name, and even the same inode number. */
export interface Identity {
  /** `dev:ino`, decimal. */
  readonly inode: string;
  readonly ctime: number;
  readonly birth: number;
}

export function isSameFolder(a: Identity, b: Identity): boolean {
  return a.inode === b.inode && births(a, b) !== "differ";
}

/** Whether a folder is on another device than the one that it is in: a drive is mounted there. */
export function isMount(folder: Identity, parent: Identity): boolean {
  const device = ({ inode }: Identity) => inode.slice(0, inode.indexOf(":"));
  return device(folder) !== device(parent);
}

/** Deno tells ctime in whole seconds, so a stored one may have lost its milliseconds. */
function sameTime(a: number, b: number): boolean {
  if (a === b) return true;
  const coarse = a % 1000 === 0 || b % 1000 === 0;
  return coarse && Math.floor(a / 1000) === Math.floor(b / 1000);
}
