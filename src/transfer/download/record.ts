import { resolve } from "node:path";
import * as z from "zod";

const ref = z.object({ member: z.string(), share: z.string(), path: z.string() });
const bytes = z.number().int().nonnegative();

/** What is kept of a download over restarts. */
const record = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  ref,
  /** Its path in the group as it was called when it was asked for. */
  path: z.string().default(""),
  kind: z.enum(["file", "folder"]),
  /** Its name on this disk, before any numbering. */
  name: z.string().min(1),
  /** Absolute folder that it goes into. */
  into: z.string().min(1),
  /** Of a folder: the one that was made for it. */
  folder: z.string().nullable(),
  target: z.string(),
  state: z.enum(["queued", "downloading", "paused", "waiting", "done", "failed", "cancelled"]),
  size: bytes,
  done: bytes,
  error: z.string().nullable(),
  /** Members that gave bytes. */
  sources: z.array(z.string()),
  /** Milliseconds since 1970. */
  added: z.number(),
  /** When it was done, failed or cancelled, in milliseconds since 1970; null while it goes on. */
  ended: z.number().nullable().default(null),
  /** Downloads that were asked for together have the same. */
  batch: z.string().default(""),
  /** Of a file: the version that is wanted; null: the one that is there when it begins. */
  wanted: z.object({ size: bytes, mtime: z.number(), root: z.string().nullable() }).nullable(),
});

export type JobRecord = z.infer<typeof record>;

const queue = z.object({ format: z.literal(1), jobs: z.array(record) });

/** The queue as its file holds it, or a throw. */
export const parseQueue = (value: unknown): { format: 1; jobs: JobRecord[] } => queue.parse(value);

/** What is wanted, and where: the same for two downloads of the same thing into the same folder. */
export function wishOf({ ref: { member, share, path }, into }: JobRecord): string {
  return JSON.stringify([member, share, path, resolve(into)]);
}

/** Whether it goes on, or would if a person asked. */
export function isOpen({ state }: JobRecord): boolean {
  return state !== "done" && state !== "cancelled";
}
