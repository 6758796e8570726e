import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError } from "../shared/errors.ts";

/** A member as far as paths need it. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly wireName: string;
}

/** The first component of paths in the merged tree: what all have together. No member's name begins so. */
export const EVERYONE = "@all";

/** What a path in the group names: the group itself, a member, or a share or something in it; or the same of all together. */
export type Place =
  | { readonly kind: "group" }
  | { readonly kind: "everyone" }
  | { readonly kind: "merged"; readonly share: string; readonly path: string }
  | { readonly kind: "member"; readonly member: Named }
  | { readonly kind: "entry"; readonly member: Named; readonly share: string; readonly ref: EntryRef };

/** Reads `MEMBER/SHARE/folder/file`, or `@all/SHARE/folder/file`. `shares` tells a member's shares. Fails with `not-found` or `ambiguous`. */
export async function resolvePath(
  path: string,
  members: readonly Named[],
  shares: (member: string) => Promise<readonly { id: string; name: string }[]>,
): Promise<Place> {
  const [memberName = "", shareName, ...rest] = path.replace(/\/+$/, "").split("/");
  if (memberName === "") return { kind: "group" };
  if (memberName === EVERYONE) {
    return shareName === undefined ? { kind: "everyone" } : { kind: "merged", share: shareName, path: rest.join("/") };
  }
  const member = findMember(memberName, members);
  if (shareName === undefined) return { kind: "member", member };
  const offered = await shares(member.id);
  const share = offered.find(({ name }) => name === shareName);
  if (share === undefined) {
    throw new GroupShareError("not-found", `Cannot find a share "${shareName}" of "${member.name}"`, {
      hint: offered.length === 0 ? "it shares nothing" : `it shares ${listed(offered.map(({ name }) => name))}`,
    });
  }
  return {
    kind: "entry",
    member,
    share: share.name,
    ref: { member: member.id, share: share.id, path: rest.join("/") },
  };
}

/** A wire name always resolves, a display name while only one member has it. */
function findMember(text: string, members: readonly Named[]): Named {
  const exact = members.find(({ wireName }) => wireName === text);
  if (exact !== undefined) return exact;
  const named = members.filter(({ name }) => name === text);
  if (named.length > 1) {
    const candidates = named.map(({ wireName }) => wireName);
    throw new GroupShareError(
      "ambiguous",
      `Cannot tell which "${text}" is meant: ${named.length} members have this name`,
      {
        hint: `use one of ${listed(candidates)}`,
        candidates,
      },
    );
  }
  const [only] = named;
  if (only !== undefined) return only;
  throw new GroupShareError("not-found", `Cannot find a member "${text}"`, {
    hint: `here now: ${listed(members.map(({ name }) => name))}`,
  });
}

/** How a member is written in a path: its display name while only it has it. */
export function pathNameOf(member: Named, members: readonly Named[]): string {
  const clash = members.some(
    (other) => other.id !== member.id && (other.name === member.name || other.wireName === member.name),
  );
  return clash ? member.wireName : member.name;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return shown.join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
}
