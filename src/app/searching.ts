import type { SearchQuery } from "../catalog/mod.ts";
import type { SearchListing, SearchWish } from "../web/mod.ts";
import type { GroupShareNode } from "./node.ts";

/** Answers a search of pages and scripts, which name members as paths do. GroupShareError `conflict` where it is cancelled. */
export async function search(
  { catalog, tree }: GroupShareNode,
  { text, kind, types, min, max, from, to, member, lacking, after, limit }: SearchWish,
  signal: AbortSignal | undefined,
): Promise<SearchListing> {
  const place = member === undefined ? null : await tree.resolve(member);
  const query: SearchQuery = {
    text,
    after,
    limit,
    ...(kind === undefined ? {} : { kind }),
    ...(types === undefined ? {} : { types }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(place?.kind === "member" ? { members: [place.member.id] } : {}),
    ...(lacking === undefined ? {} : { lacking }),
  };
  const { items, next, total } = await catalog.search(query, signal);
  return { items: await tree.views(items), next, total };
}
