import { z } from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { nameRefusal } from "../shared/names.ts";
import { readIfThere, StateFile } from "../shared/state-file.ts";
import { MOST_REMEMBERED, MOST_REMOVED, type Removed, type Seen } from "./core/generations.ts";

/** Whom a member saw with the group's secret, and who was removed. */
export interface Roster {
  readonly seen: readonly Seen[];
  readonly removed: readonly Removed[];
}

/** Number of the layout below. A newer one is refused untouched. */
const FORMAT = 1;

const id = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().refine((text) => nameRefusal(text) === null);
const time = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const host = z.string().regex(/^[0-9A-Za-z.:%_-]{1,253}$/);

/** Both lists, as they are stored and as others tell them. */
export const rosterShape = {
  seen: z
    .array(z.object({ id, name, hosts: z.array(host).max(8).readonly(), port: z.int().min(1).max(65_535), seen: time }))
    .max(MOST_REMEMBERED),
  removed: z.array(z.object({ id, name, at: time })).max(MOST_REMOVED),
};
const stored = z.object({ format: z.literal(FORMAT), group: z.string(), ...rosterShape });

/** Where the roster of the group is kept between starts; mode 0600. */
export class RosterFile {
  readonly #file: StateFile<z.infer<typeof stored>>;

  constructor(path: string) {
    this.#file = new StateFile(path, (value) => stored.parse(value));
  }

  /** That of the group with this id; an empty one where there is none, or a damaged one, which is set aside and `told`. */
  async read(group: string, told: (message: string) => void): Promise<Roster> {
    await this.#notNewer();
    const found = await this.#file.read(told);
    return found?.group === group ? { seen: found.seen, removed: found.removed } : { seen: [], removed: [] };
  }

  write(group: string, { seen, removed }: Roster): Promise<void> {
    return this.#file.write({ format: FORMAT, group, seen: [...seen], removed: [...removed] });
  }

  remove(): Promise<void> {
    return this.#file.remove();
  }

  async #notNewer(): Promise<void> {
    const text = (await readIfThere(this.#file.path))?.toString("utf8") ?? "";
    // Whatever a newer program writes, it says its number first.
    const format = Number(/^\s*\{\s*"format":\s*(\d{1,9})\b/.exec(text)?.[1] ?? 0);
    if (format <= FORMAT) return;
    throw new GroupShareError("too-new", `Cannot use the roster in "${this.#file.path}": a newer GroupShare wrote it`, {
      hint: "update this program",
    });
  }
}
