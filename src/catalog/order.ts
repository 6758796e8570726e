import { fold } from "../shared/fold.ts";
import { compareBytes, compareFolded } from "./core/name-order.ts";

/** Where an entry is in a listing: folders first, then files, each as people order names, and of those alike by their bytes. */
export interface Spot {
  /** 0 folder, 1 file. */
  readonly kind: number;
  readonly name: string;
  /** The name as it is compared. */
  readonly folded: Uint8Array;
}

const encoder = new TextEncoder();

export function spot(kind: number, name: string): Spot {
  return { kind, name, folded: encoder.encode(`${folded(name)}\0`) };
}

/** Without what ends it. */
export const folded = (name: string): string => fold(name).replaceAll("\0", " ");

export function compareSpots(a: Spot, b: Spot): number {
  return a.kind - b.kind || compareFolded(a.folded, 0, b.folded, 0) || compareBytes(a.name, b.name);
}

/** Each of the items in the order of a listing. */
export function inOrder<T>(items: readonly T[], of: (item: T) => { kind: number; name: string }): T[] {
  const placed = items.map((item) => {
    const { kind, name } = of(item);
    return { item, at: spot(kind, name) };
  });
  return placed.sort((a, b) => compareSpots(a.at, b.at)).map(({ item }) => item);
}

/** A page's `next`: the kind's digit, and the name of the last item that was given. */
export const cursorAt = ({ kind, name }: { kind: number; name: string }): string => `${kind}${name}`;

export function spotAt(cursor: string): Spot {
  return spot(cursor.startsWith("1") ? 1 : 0, cursor.slice(1));
}
