import { foldedPath } from "../../shared/paths.ts";

/**
 * Part files that downloads of this program are writing or will go on with, by path. Two paths that some disk takes for one
 * are one here too: else a download that goes on after a restart could take another's part file for its own.
 */
export class Claims {
  readonly #paths = new Set<string>();

  has(path: string): boolean {
    return this.#paths.has(foldedPath(path));
  }

  add(path: string): void {
    this.#paths.add(foldedPath(path));
  }

  delete(path: string): void {
    this.#paths.delete(foldedPath(path));
  }
}
