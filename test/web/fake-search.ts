import type { FileView, SearchListing, SearchWish, VersionView } from "../../src/web/needs.ts";

const fold = (text: string): string => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
const TYPES: Record<string, RegExp> = {
  image: /\.(?:jpg|png)$/,
  video: /\.(?:mkv|mp4)$/,
  audio: /\.(?:mp3|flac)$/,
  document: /\.(?:pdf|md|txt)$/,
  archive: /\.(?:zip|zst)$/,
};

/** What of all files and folders a search wants, by name, a page of it. */
export function found(all: readonly FileView[], wish: SearchWish, own: ReadonlySet<string>): SearchListing {
  const words = fold(wish.text)
    .split(/[\s/]+/)
    .filter(Boolean);
  const hits = all.filter((file) => {
    const path = fold(file.path.split("/").slice(1).join("/"));
    if (!words.every((word) => path.includes(word))) return false;
    if (words.length > 0 && !words.some((word) => fold(file.name).includes(word))) return false;
    if (wish.kind !== undefined && file.kind !== wish.kind) return false;
    if (wish.types !== undefined && !wish.types.some((type) => TYPES[type]?.test(file.name))) return false;
    if (wish.min !== undefined && (file.kind === "folder" || file.size < wish.min)) return false;
    if (wish.max !== undefined && file.size > wish.max) return false;
    return wish.lacking !== true || !own.has(file.contentId ?? file.path);
  });
  const start = wish.after === null ? 0 : Number(wish.after);
  const end = start + wish.limit;
  return { items: hits.slice(start, end), next: end < hits.length ? String(end) : null, total: hits.length };
}

/** The entries of several folders as one: the same names once, and different contents as versions, the newest first. */
export function merged(folders: readonly (readonly FileView[])[], at: string): FileView[] {
  const byName = Map.groupBy(folders.flat(), ({ name }) => name);
  const items = [...byName].map(([name, alike]): FileView => {
    const [first] = alike as [FileView, ...FileView[]];
    const path = `${at}/${name}`;
    const holders = [
      ...new Set(alike.flatMap((one) => (one.holders.length > 0 ? one.holders : [one.path.split("/")[0] ?? ""]))),
    ];
    if (first.kind === "folder") return { ...first, path, holders };
    const byContent = [...Map.groupBy(alike, ({ contentId }) => contentId).values()];
    const versions = byContent
      .map((same): VersionView => {
        const [one] = same as [FileView, ...FileView[]];
        const { size, mtime, contentId } = one;
        return { size, mtime, contentId, path: one.path, holders: [...new Set(same.flatMap((file) => file.holders))] };
      })
      .sort((a, b) => b.mtime - a.mtime);
    const [newest] = versions as [VersionView, ...VersionView[]];
    const { size, mtime, contentId } = newest;
    const file = { ...first, path, size, mtime, contentId, holders: newest.holders };
    return versions.length < 2 ? file : { ...file, versions };
  });
  return items.sort((a, b) => Number(a.kind === "file") - Number(b.kind === "file") || (a.name < b.name ? -1 : 1));
}
