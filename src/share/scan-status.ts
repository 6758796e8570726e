import type { Totals } from "./core/tree.ts";
import type { Ground, InnerMount, ScanStatus } from "./protocol.ts";

/** What is known of a share beside what it holds. Why something is wrong is told in words, null for nothing. */
interface Facts {
  readonly online: boolean;
  /** All was looked at since it came online. */
  readonly complete: boolean;
  readonly ground: Ground;
  readonly mounts: readonly InnerMount[];
  /** With the folder itself, or much of it. */
  readonly error: string | null;
  /** Why a file could last not be read. */
  readonly unreadable: string | null;
  /** With something in it. */
  readonly trouble: string | null;
}

/** How a share stands, as others are told; of several things that are wrong the weightiest. */
export function scanStatus(share: string, totals: Totals, facts: Facts): ScanStatus {
  const { files, bytes, hashed, hashedBytes, unreadable, unreadableBytes, skipped } = totals;
  const unhashed = { files: files - hashed - unreadable, bytes: bytes - hashedBytes - unreadableBytes };
  const online = !facts.complete ? "scanning" : unhashed.files > 0 ? "hashing" : "ready";
  const state = facts.online ? online : "offline";
  const unread = unreadable === 0 ? null : `${unreadable} files cannot be read: ${facts.unreadable}`;
  const error = facts.error ?? unread ?? facts.trouble;
  return {
    share,
    state,
    files,
    bytes,
    hashed,
    hashedBytes,
    unhashed,
    skipped,
    ...facts.ground,
    mounts: facts.mounts,
    error,
  };
}
