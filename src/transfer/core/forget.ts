/** Finished downloads that are remembered in any case. */
const REMEMBERED = 200;
/** Finished downloads that are remembered at most, whatever the other rules say. */
const MOST = 10_000;
/** How long after its end a download is surely remembered: whoever waits for it looks more often. Milliseconds. */
const LOOKED_FOR_MS = 10 * 60_000;

/** A download as far as forgetting it goes. */
export interface Remembered {
  readonly id: string;
  /** Milliseconds since 1970; null while it has not ended. */
  readonly ended: number | null;
  /** What was asked for together has this in common. */
  readonly batch: string;
}

/**
 * Ids of downloads that need not be remembered any more: those that ended first, but none lately, and none while others
 * that were asked for with it go on, since somebody may wait for them all.
 */
export function forgettable(downloads: readonly Remembered[], now: number): string[] {
  const finished = downloads.filter(hasEnded).sort((a, b) => a.ended - b.ended);
  const going = new Set(downloads.filter(({ ended }) => ended === null).map(({ batch }) => batch));
  const old = finished.slice(0, Math.max(0, finished.length - REMEMBERED));
  const gone = new Set(old.filter(({ ended, batch }) => now - ended >= LOOKED_FOR_MS && !going.has(batch)));
  const kept = finished.filter((download) => !gone.has(download));
  for (const download of kept.slice(0, Math.max(0, kept.length - MOST))) gone.add(download);
  return [...gone].map(({ id }) => id);
}

const hasEnded = (download: Remembered): download is Remembered & { readonly ended: number } => download.ended !== null;
