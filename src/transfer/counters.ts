const NONE = {
  bytesServed: 0,
  requestsServed: 0,
  bytesReceived: 0,
  filesDone: 0,
  /** Files found in place with the wanted content, so not fetched. */
  filesAlreadyThere: 0,
  /** Bytes of part files taken over instead of fetched again. */
  bytesResumed: 0,
  /** Files that did not have the content that was asked for. */
  corrupt: 0,
  /** Sources that failed or went away while giving. */
  sourcesLost: 0,
};

/** What the part counts, for `status` and metrics. */
export class Counters {
  readonly #counts = { ...NONE };

  add(name: keyof typeof NONE, by = 1): void {
    this.#counts[name] += by;
  }

  get counts(): typeof NONE {
    return { ...this.#counts };
  }
}
