import { randomBytes } from "node:crypto";
import * as z from "zod";
import { GroupShareError } from "../shared/errors.ts";
import { toHex } from "../shared/hex.ts";
import { LIMITS } from "../shared/limits.ts";
import { nameRefusal, utf8Length } from "../shared/names.ts";
import { StateFile } from "../shared/state-file.ts";

const IDENTITY = z.object({ inode: z.string(), ctime: z.number(), birth: z.number() });
/** The ground of a share: see protocol.ts. What was known before there was such a thing is null. */
const GROUND = {
  mount: z.string().nullable().default(null),
  own: IDENTITY.nullable().default(null),
  beneath: IDENTITY.nullable().default(null),
  /** A mere path: as it was written once. */
  mounts: z
    .array(
      z.union([
        z.string().transform((at) => ({ at, beneath: null })),
        z.object({ at: z.string(), beneath: IDENTITY.nullable() }),
      ]),
    )
    .default([]),
};
const newGround = () => ({ mount: null, own: null, beneath: null, mounts: [] });

const SHARE = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().refine((name) => nameRefusal(name) === null),
  /** Real path of the folder. */
  path: z.string().min(1),
  /** Only ever given by flag, so not started unless given again. */
  fixed: z.boolean(),
  /** Hidden files are offered. */
  hidden: z.boolean().default(false),
  ...GROUND,
});
/** `mounted`: its folder is a mount point, as it was written once. */
const STORED = SHARE.extend({ mounted: z.boolean().default(false) }).transform(
  ({ mounted, mount, ...share }): z.output<typeof SHARE> => ({ ...share, mount: mounted ? share.path : mount }),
);
const STATE = z.object({ format: z.literal(1), shares: z.array(STORED) });

export type StoredShare = z.infer<typeof STORED>;

/** The shares that are remembered, so that each keeps its id: in one small file. */
export class Registry {
  readonly #file: StateFile<z.infer<typeof STATE>>;
  readonly #shares: StoredShare[];

  private constructor(file: StateFile<z.infer<typeof STATE>>, shares: StoredShare[]) {
    this.#file = file;
    this.#shares = shares;
  }

  /** `told`: a damaged file was set aside. */
  static async open(path: string, told: (message: string) => void): Promise<Registry> {
    const file = new StateFile(path, (value) => STATE.parse(value));
    const state = await file.read(told);
    return new Registry(file, state?.shares ?? []);
  }

  get all(): readonly StoredShare[] {
    return this.#shares;
  }

  byPath(path: string): StoredShare | undefined {
    return this.#shares.find((share) => share.path === path);
  }

  create(share: Omit<StoredShare, "id" | keyof typeof GROUND>): StoredShare {
    const stored = { ...share, id: toHex(randomBytes(8)), ...newGround() };
    this.#shares.push(stored);
    return stored;
  }

  /** Nothing is known any more of where it lay: it is begun anew. */
  forgetGround(share: StoredShare): void {
    Object.assign(share, newGround());
  }

  remove(id: string): void {
    const at = this.#shares.findIndex((share) => share.id === id);
    if (at >= 0) this.#shares.splice(at, 1);
  }

  save(): Promise<void> {
    return this.#file.write({ format: 1, shares: this.#shares });
  }
}

/** The name as asked for, or why it cannot be one. */
export function checkedName(name: string): string {
  const refusal = nameRefusal(name);
  if (refusal === null) return name;
  throw new GroupShareError("invalid", `Cannot name a share "${name}": ${refusal}`, {
    hint: `choose a name of at most ${LIMITS.name} bytes without slashes`,
  });
}

/** A name like this one that nobody has: `Music`, `Music 2`, … */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const suffix = ` ${number}`;
    let stem = wanted;
    while (utf8Length(stem + suffix) > LIMITS.name) stem = Array.from(stem).slice(0, -1).join("").trimEnd();
    if (!taken.has(stem + suffix)) return stem + suffix;
  }
}
