import type { SearchQuery } from "../catalog/mod.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { SearchListing, SearchWish } from "../web/mod.ts";
import { EVERYONE, type Place } from "./group-path.ts";
import type { GroupShareNode } from "./node.ts";

/** Answers a search of pages and scripts, which name members as paths do. GroupShareError `conflict` where it is cancelled. */
export async function search(
  { catalog, tree }: GroupShareNode,
  { text, kind, types, min, max, from, to, member, lacking, after, limit }: SearchWish,
  signal: AbortSignal | undefined,
): Promise<SearchListing> {
  const members = member === undefined ? null : whose(await tree.resolve(member), member);
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
    ...(members === null ? {} : { members }),
    ...(lacking === undefined ? {} : { lacking }),
  };
  const { items, next, total } = await catalog.search(query, signal);
  return { items: await tree.views(items), next, total };
}

/** Whose files a place stands for; null for everybody's. GroupShareError `invalid` for a folder, which is not searched alone. */
function whose(place: Place, given: string): string[] | null {
  if (place.kind === "group" || place.kind === "everyone") return null;
  if (place.kind === "member") return [place.member.id];
  throw new GroupShareError("invalid", `Cannot search "${given}" alone: it is not a member`, {
    hint: place.kind === "entry" ? `name the member alone, "${place.member.name}"` : `name a member, or "${EVERYONE}"`,
  });
}
