import { isIP } from "node:net";
import * as z from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { nameRefusal } from "../shared/names.ts";
import { readIfThere, StateFile } from "../shared/state-file.ts";
import {
  KNOWN,
  MOST_HEARSAY,
  MOST_KNOWN,
  MOST_REMEMBERED,
  MOST_REMOVED,
  type Removed,
  type Seen,
} from "./core/roster.ts";
import { memberId, signedShape } from "./statements.ts";

/** Whom a member saw with the group's secret, and who was removed. */
export interface Roster {
  readonly seen: readonly Seen[];
  readonly removed: readonly Removed[];
}

/** Number of the layout below. A newer one is refused untouched. */
const FORMAT = 2;

const name = z.string().refine((text) => nameRefusal(text) === null);
const time = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
/** Names are asked of others who may answer anything: told are addresses alone. */
export const isToldHost = (host: string): boolean => host.length <= MAX_HOST && isIP(host) !== 0;
const MAX_HOST = 64;
/** Addresses of one member that are told, and kept. Count. */
export const MOST_HOSTS = 4;
const seen = {
  id: memberId,
  name,
  hosts: z.array(z.string().refine(isToldHost)).max(MOST_HOSTS).readonly(),
  port: z.int().min(1).max(65_535),
  seen: time,
};
const removed = { id: memberId, name, at: time, ...signedShape };

/** Both lists, as others tell them: whom they saw themselves, the latest only, and who was removed. */
export const toldShape = {
  roster: z.array(z.object(seen)).max(MOST_HEARSAY),
  removed: z.array(z.object(removed)).max(MOST_REMOVED),
};
export const removalShape = z.object(removed);

const stored = z.object({
  format: z.literal(FORMAT),
  group: z.string(),
  seen: z
    .array(
      z
        .object({ ...seen, first: time.default(0), agreed: time.nullable().optional(), from: memberId.nullable() })
        .transform(({ agreed, ...one }) => ({
          ...one,
          agreed: agreed === undefined ? (one.from === null ? one.first : null) : agreed,
        })),
    )
    .max(MOST_KNOWN),
  removed: z
    .array(
      z.union([
        z.object({ ...removed, known: z.enum(KNOWN) }),
        z
          .object({ ...removed, met: z.boolean() })
          .transform(({ met, ...one }) => ({ ...one, known: met ? ("met" as const) : ("hearsay" as const) })),
      ]),
    )
    .max(MOST_REMOVED),
});
/** Names of hosts are left out; nobody stands for its removals until somebody does here. */
const old = z
  .object({
    format: z.literal(1),
    group: z.string(),
    seen: z.array(z.object({ ...seen, hosts: z.array(z.string()) })),
    removed: z.array(z.object({ id: memberId, name, at: time })).max(MOST_REMOVED),
  })
  .transform(({ group, seen, removed }) => ({
    group,
    seen: seen.slice(0, MOST_REMEMBERED).map((one) => ({
      ...one,
      hosts: one.hosts.filter(isToldHost).slice(0, MOST_HOSTS),
      first: 0,
      agreed: 0,
      from: null,
    })),
    removed: removed.map((one) => ({ ...one, by: "", key: "", sig: "", known: "own" as const })),
  }));
const readable = z.union([stored, old]);

/** Where the roster of the group is kept between starts; mode 0600. */
export class RosterFile {
  readonly #file: StateFile<{ group: string } & Roster>;

  constructor(path: string) {
    this.#file = new StateFile(path, (value) => readable.parse(value));
  }

  /** That of the group with this id; an empty one where there is none, or a damaged one, which is set aside and `told`. */
  async read(group: string, told: (message: string) => void): Promise<Roster> {
    await this.#notNewer();
    const found = await this.#file.read(told);
    return found?.group === group ? { seen: found.seen, removed: found.removed } : { seen: [], removed: [] };
  }

  write(group: string, { seen, removed }: Roster): Promise<void> {
    const state = { format: FORMAT, group, seen: [...seen], removed: [...removed] } satisfies z.input<typeof stored>;
    return this.#file.write(state);
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
