import { GroupShareError } from "../../shared/errors.ts";
import { wireNameFits } from "../../shared/names.ts";
import type { GroupShareNode } from "../node.ts";
import { members } from "../views.ts";
import { noGenerations, notInGroup } from "../which-group.ts";
import type { Rotation } from "./rotation.ts";

/** A member that is here, or was. */
export interface Who {
  readonly id: string;
  readonly name: string;
  /** null for one that is only remembered. */
  readonly wireName: string | null;
}

/** The secrets and the roster; fails outside a group, and in a cluster that has none. */
export function rotationOf(node: GroupShareNode, action: string): Rotation {
  if (node.session === null) throw notInGroup(action);
  if (node.rotation === null) throw noGenerations(action, node.session.group.name);
  return node.rotation;
}

/** Removes the member that is named as in paths, or by its wire name, here or not. Fails naming what is in the way. */
export async function removeMember(node: GroupShareNode, text: string): Promise<void> {
  const rotation = rotationOf(node, "remove a member");
  const { seen, removed } = rotation.roster;
  const here = members(node).flatMap(({ id, name, wireName }) => (id === null ? [] : [{ id, name, wireName }]));
  const gone = seen.filter(({ id }) => !here.some((one) => one.id === id));
  const all: Who[] = [...here, ...gone.map(({ id, name }) => ({ id, name, wireName: null }))];
  if (removed.some(({ id }) => isMeant(text, { id, wireName: null })) || wasCalled(text, all, removed)) {
    throw new GroupShareError("conflict", `Cannot remove "${text}": it was removed already`);
  }
  const found = findWho(
    text,
    all.filter(({ id }) => !rotation.trust.isRemoved(id)),
  );
  if (found.id === node.identity.memberId) {
    throw new GroupShareError("invalid", "Cannot remove this member from the group itself", {
      hint: 'it can leave: "groupshare leave"',
    });
  }
  await rotation.remove(found);
}

/** A wire name, a member id or its first 16 digits always resolve, a display name while only one has it. */
export function findWho(text: string, all: readonly Who[]): Who {
  const exact = all.find((one) => isMeant(text, one));
  if (exact !== undefined) return exact;
  const named = all.filter(({ name }) => name === text);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  if (named.length > 1) {
    const candidates = named.map(({ id, wireName }) => wireName ?? id);
    throw new GroupShareError(
      "ambiguous",
      `Cannot tell which "${text}" is meant: ${named.length} members have this name`,
      { hint: `use one of ${candidates.slice(0, 8).join(", ")}`, candidates },
    );
  }
  throw new GroupShareError("not-found", `Cannot find a member "${text}"`, {
    hint: '"groupshare group" lists all who are known',
  });
}

function isMeant(text: string, { id, wireName }: Pick<Who, "id" | "wireName">): boolean {
  return text === wireName || text === id || text === id.slice(0, 16) || wireNameFits(text, id);
}

function wasCalled(text: string, all: readonly Who[], removed: readonly { name: string }[]): boolean {
  return !all.some(({ name }) => name === text) && removed.some(({ name }) => name === text);
}
