import { decode, encode } from "@msgpack/msgpack";
import type { FileStat } from "../shared/entry.ts";
import { isWholeValue } from "./core/shape.ts";

/** What the file system says of own files: the place of each in its segment's entries, `dev:ino`, ctime. */
export type Note = readonly [index: number, inode: string, ctime: number];

/** The notes about one segment's files, those without a stat left out. */
export function notesOf(changes: readonly (object | { readonly stat: FileStat | null })[]): Note[] {
  const notes: Note[] = [];
  for (const [index, change] of changes.entries()) {
    const stat = "stat" in change ? change.stat : null;
    if (stat !== null) notes.push([index, stat.inode, stat.ctime]);
  }
  return notes;
}

export const encodeNotes = (notes: readonly Note[]): Uint8Array => encode(notes);

/** Total: notes that cannot be read are none, which costs reading those files again. */
export function decodeNotes(bytes: Uint8Array): Note[] {
  if (!isWholeValue(bytes, 4)) return [];
  try {
    const value = decode(bytes);
    return Array.isArray(value) ? value.filter(isNote) : [];
  } catch {
    return [];
  }
}

function isNote(value: unknown): value is Note {
  return (
    Array.isArray(value) &&
    Number.isSafeInteger(value[0]) &&
    typeof value[1] === "string" &&
    Number.isSafeInteger(value[2])
  );
}
