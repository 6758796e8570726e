import type { Sqlite } from "./sqlite.ts";
import { parentOf } from "./tree.ts";

interface Delta {
  files: number;
  bytes: number;
}

/** What a batch adds to folders, collected at the folders that hold the files and carried to the top once. */
export class Totals {
  readonly #db: Sqlite;
  #deltas = new Map<number, Delta>();

  constructor(db: Sqlite) {
    this.#db = db;
  }

  add(folder: number, files: number, bytes: number): void {
    if (files !== 0 || bytes !== 0) addTo(this.#deltas, folder, files, bytes);
  }

  /** Writes what was collected to the folders and all above them. */
  flush(): void {
    if (this.#deltas.size === 0) return;
    const sums = new Map<number, Delta>();
    const parents = new Map<number, number>();
    for (const [folder, { files, bytes }] of this.#deltas) {
      for (let at = folder; at !== 0; ) {
        addTo(sums, at, files, bytes);
        let parent = parents.get(at);
        if (parent === undefined) {
          parent = parentOf(this.#db, at);
          parents.set(at, parent);
        }
        at = parent;
      }
    }
    const update = this.#db.query("UPDATE entry SET files = files + ?, size = size + ? WHERE id = ?");
    for (const [folder, { files, bytes }] of sums) update.run(files, bytes, folder);
    this.#deltas = new Map();
  }
}

function addTo(sums: Map<number, Delta>, folder: number, files: number, bytes: number): void {
  const sum = sums.get(folder);
  if (sum === undefined) sums.set(folder, { files, bytes });
  else {
    sum.files += files;
    sum.bytes += bytes;
  }
}
