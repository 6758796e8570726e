import { basename, resolve } from "node:path";
import { GroupShareError } from "../shared/errors.ts";
import { toName } from "../shared/names.ts";
import { sharableFolder } from "./folder.ts";
import { below } from "./place.ts";
import { checkedName, freeName, type Registry, type StoredShare } from "./registry.ts";

/** A share as it is asked for. */
export interface Wanted {
  readonly path: string;
  /** null: as before, or after the folder. */
  readonly name: string | null;
  /** Given by flag. */
  readonly fixed: boolean;
  /** Whether hidden files are offered; as before where it is left out. */
  readonly hidden?: boolean;
}

/** A share that may be, and is remembered. `renamed`, `chosen`: its name, or whether hidden files are offered, is another. */
export interface Admitted {
  readonly stored: StoredShare;
  readonly renamed: boolean;
  readonly chosen: boolean;
}

/**
 * Decides whether a folder can be shared, and under which name; remembers it. `active`: the shares of this run. `own`: where
 * this program keeps its state, as a real path. Errors: not-found, denied, invalid (no folder, no name), conflict (overlaps
 * another share, name taken).
 */
export async function admit(
  share: Wanted,
  registry: Registry,
  active: readonly StoredShare[],
  own: string,
): Promise<Admitted> {
  const path = (await sharableFolder(share.path, own)) ?? absent(share, registry);
  const name = share.name === null ? null : checkedName(share.name);
  const known = registry.byPath(path);
  const others = active.filter((other) => other.path !== path);
  for (const other of others) {
    if (below(other.path, path) === null && below(path, other.path) === null) continue;
    throw new GroupShareError("conflict", `Cannot share "${path}": it overlaps the share "${other.name}"`, {
      hint: `"${other.path}" is shared already; remove that share first`,
    });
  }
  const taken = new Set(others.map((other) => other.name));
  if (name !== null && taken.has(name)) {
    throw new GroupShareError("conflict", `Cannot share "${path}": the name "${name}" is taken`, {
      hint: "choose another name",
    });
  }
  const wanted = name ?? known?.name ?? toName(basename(path), "share");
  const stored = known ?? registry.create({ name: wanted, path, fixed: share.fixed, hidden: share.hidden ?? false });
  const renamed = stored.name !== freeName(wanted, taken);
  stored.name = freeName(wanted, taken);
  stored.fixed &&= share.fixed;
  const chosen = share.hidden !== undefined && share.hidden !== stored.hidden;
  stored.hidden = share.hidden ?? stored.hidden;
  await registry.save();
  return { stored, renamed, chosen };
}

/** The path of a folder that is not there: a drive that is away just now is known, and its share offline. */
function absent({ path, fixed }: Wanted, registry: Registry): string {
  if (fixed && registry.byPath(resolve(path)) !== undefined) return resolve(path);
  throw new GroupShareError("not-found", `Cannot share "${path}": there is no such folder`, {
    hint: "check the path",
  });
}
