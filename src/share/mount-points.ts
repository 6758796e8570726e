import { readFileSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { systemCode } from "../shared/errors.ts";

/** Of Linux, from proc_pid_mountinfo(5): one mount a line, its place the fifth word. */
const MOUNTINFO = "/proc/self/mountinfo";

/**
 * Real paths at which something is mounted, as the system tells them: also a folder mounted at a second place, which
 * stays on its device. Empty where the system tells no such thing. Throws as it does where it tells nothing just now.
 */
function mountPoints(): ReadonlySet<string> {
  if (process.platform !== "linux") return new Set();
  try {
    return parseMounts(readFileSync(MOUNTINFO, "utf8"));
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return new Set();
    throw thrown;
  }
}

/** Blanks and backslashes of a path are written as three octal digits of a byte. */
function parseMounts(text: string): ReadonlySet<string> {
  const paths = text.split("\n").flatMap((line) => line.split(" ")[4] ?? []);
  return new Set(
    paths.map((path) =>
      path.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8))),
    ),
  );
}

const deviceOf = (path: string) => statSync(path, { bigint: true }).dev;

/** Whether something is mounted at a path, which is real and absolute; not so where everything begins, or if it cannot be told. */
export function isMountPoint(path: string): boolean {
  const above = dirname(path);
  try {
    return above !== path && (deviceOf(path) !== deviceOf(above) || mountPoints().has(path));
  } catch {
    return false;
  }
}

/**
 * The mount point that a folder lies on, itself or above; null on the file system where everything begins. `path`: real
 * and absolute. Throws as the system does where one on the way cannot be looked at.
 */
export function mountOf(path: string): string | null {
  const told = mountPoints();
  const own = deviceOf(path);
  for (let at = path, above = dirname(at); above !== at; at = above, above = dirname(at)) {
    if (told.has(at) || deviceOf(above) !== own) return at;
  }
  return null;
}

/** For how long is believed what the system told of mounts, where it is asked for each of many folders. Milliseconds. */
const BELIEVED = 100;

/** Whether folders below one are mount points, asked for many of them. */
export class MountsBelow {
  readonly #above: string;
  #told: ReadonlySet<string> = new Set();
  #asked = Number.NEGATIVE_INFINITY;

  constructor(root: string) {
    this.#above = root.endsWith(sep) ? root : root + sep;
  }

  /** `path`: gives where the folder is; called only where something is mounted below at all. `now`: as it is just now. */
  has(path: () => string, { now }: { now: boolean }): boolean {
    if (now || performance.now() - this.#asked > BELIEVED) {
      this.#ask();
    }
    return this.#told.size > 0 && this.#told.has(path());
  }

  #ask(): void {
    try {
      this.#told = new Set([...mountPoints()].filter((at) => at.startsWith(this.#above)));
      this.#asked = performance.now();
    } catch {
      // Too many open files, most likely: what was told before is better than nothing.
    }
  }
}
