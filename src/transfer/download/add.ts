import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Entry, EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { pathComponents } from "../../shared/paths.ts";
import { targetName } from "../core/names.ts";
import type { TransfersOptions } from "../needs.ts";
import type { JobRecord } from "./record.ts";

/**
 * A new download of what the catalog has at `ref`, into an absolute folder. `batch`: what is asked for together has it
 * in common. Fails where there is no such thing.
 */
export async function newRecord(
  ref: EntryRef,
  into: string,
  batch: string,
  options: TransfersOptions,
): Promise<JobRecord> {
  const components = pathComponents(ref.path);
  if ("refused" in components) {
    throw new GroupShareError("invalid", `Cannot download "${ref.path}": ${components.refused}`);
  }
  const entry = await options.catalog.stat(ref);
  const path = options.path(ref);
  if (entry === null) {
    throw new GroupShareError("not-found", `Cannot download "${path}": nobody here shares it`, {
      hint: "see what is there with: groupshare ls",
    });
  }
  const name = targetName(components.at(-1) ?? shareName(entry, ref), process.platform === "win32");
  const { kind, size, mtime, root } = entry;
  return {
    id: newId(),
    ref,
    path,
    kind,
    name,
    into,
    folder: null,
    target: join(into, name),
    state: "queued",
    size,
    done: 0,
    error: null,
    sources: [],
    added: options.clock.wall(),
    ended: null,
    batch,
    wanted: kind === "file" ? { size, mtime, root } : null,
  };
}

export const newId = (): string => randomBytes(8).toString("hex");

/** A share is called by its name, unless that is no name for a folder here. */
function shareName(entry: Entry, ref: EntryRef): string {
  const components = pathComponents(entry.name);
  const [name] = "refused" in components ? [] : components;
  return name === undefined || "refused" in components || components.length !== 1 ? ref.share : name;
}
