import type { MemberView, Needs } from "../needs.ts";

/** The members as they are now, to be asked for each row of a list. */
export function membersNow(needs: Pick<Needs, "members">): Pick<Needs, "members"> {
  const members = needs.members({ all: false });
  return { members: () => members };
}

/** The first step of paths in the merged tree: what all members have together. */
export const EVERYONE = "@all";

/** Whether a path leads into the merged tree. */
export function isTogether(path: string): boolean {
  return path === EVERYONE || path.startsWith(`${EVERYONE}/`);
}

/** A step of the way from the group to a folder. */
export interface Crumb {
  readonly name: string;
  readonly path: string;
}

/** The member whose files a path leads into; null for the group itself, the merged tree, and members not here. */
export function memberOf(needs: Pick<Needs, "members">, path: string): MemberView | null {
  const first = path.split("/")[0] ?? "";
  if (first === "" || first.startsWith("@")) return null;
  const members = needs.members({ all: false });
  const named = members.filter((member) => member.name === first);
  return members.find((member) => member.wireName === first) ?? (named.length === 1 ? (named[0] ?? null) : null);
}

/** Each step from the group down to a path; a member goes by its display name. */
export function crumbs(needs: Pick<Needs, "members">, path: string): Crumb[] {
  const way: Crumb[] = isTogether(path) ? [] : [{ name: "All members", path: "" }];
  const components = path === "" ? [] : path.split("/");
  components.forEach((component, at) => {
    const here = components.slice(0, at + 1).join("/");
    way.push({ name: at === 0 ? firstName(needs, component) : component, path: here });
  });
  return way;
}

function firstName(needs: Pick<Needs, "members">, component: string): string {
  return component === EVERYONE ? "Everyone's files" : (memberOf(needs, component)?.name ?? component);
}

/** The events after which what is shown of a path may be another. */
export function newsOf(needs: Pick<Needs, "members">, path: string): string {
  const member = memberOf(needs, path);
  return member?.id ? `members catalog:${member.id}` : "members catalog";
}

/** Paths from the group's down to the folder that a path is in. */
export function ancestors(path: string): string[] {
  const components = path.split("/");
  return components.slice(0, -1).map((_, at) => components.slice(0, at + 1).join("/"));
}
