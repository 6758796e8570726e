import type { Content, Entry } from "../shared/entry.ts";
import type { Job } from "./download/job.ts";
import type { CatalogView } from "./needs.ts";

/** Contents asked about for one download: those of a folder that are missing are tried in this order too. */
const SAMPLE = 256;
/** Contents asked about in one call to the catalog. */
const AT_ONCE = 1_000;

/** What the group has of what a download lacks. */
export interface Prospect {
  /** The entry as it is listed, where its own member alone can give it; null where it is not listed. */
  readonly entry: string | null;
  /** Members that have some of the contents; null where it is not known yet which are wanted. */
  readonly members: ReadonlySet<string> | null;
}

/** Looks for many downloads at once, with few questions to the catalog. */
export async function prospects(jobs: readonly Job[], catalog: CatalogView): Promise<Map<Job, Prospect>> {
  const wanted = jobs.map((job) => ({ job, contents: contentsOf(job) }));
  const all = wanted.flatMap(({ contents }) => contents ?? []);
  const members: string[][] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    for (const refs of await catalog.holdersOf(all.slice(at, at + AT_ONCE))) {
      members.push(refs.map(({ member }) => member));
    }
  }
  const found = new Map<Job, Prospect>();
  let at = 0;
  for (const { job, contents } of wanted) {
    const { kind, ref } = job.record;
    const hashed = kind === "file" && contents !== null;
    const entry = hashed ? null : asText(await catalog.stat(ref));
    const count = contents?.length ?? 0;
    found.set(job, { entry, members: contents === null ? null : new Set(members.slice(at, at + count).flat()) });
    at += count;
  }
  return found;
}

/** Whether there is something now that was not there before, so that another try is worth it. */
export function isBetter(now: Prospect, before: Prospect | null): boolean {
  if (now.entry !== null && now.entry !== before?.entry) return true;
  const known = before === null ? new Set<string>() : before.members;
  return known !== null && now.members !== null && !now.members.isSubsetOf(known);
}

/** Contents that are missing; null where they are not known: not hashed, or not listed yet. */
function contentsOf({ record, file, folder }: Job): Content[] | null {
  if (record.kind === "file") {
    const wanted = file?.wanted ?? record.wanted;
    return wanted === null || wanted.root === null ? null : [{ root: wanted.root, size: wanted.size }];
  }
  if (folder === null) return null;
  const contents: Content[] = [];
  for (const { wanted, target, failure } of folder.files) {
    if (contents.length === SAMPLE) break;
    if (target !== null || failure !== null || wanted.root === null) continue;
    contents.push({ root: wanted.root, size: wanted.size });
  }
  return contents;
}

const asText = (entry: Entry | null): string | null =>
  entry === null ? null : JSON.stringify([entry.kind, entry.size, entry.mtime, entry.root, entry.files]);
