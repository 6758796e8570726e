/** Timers by what they are for: setting one again puts it off. */
export class Timers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #closed = false;

  has(what: string): boolean {
    return this.#timers.has(what);
  }

  /** `wait` in milliseconds. */
  after(what: string, wait: number, run: () => void): void {
    clearTimeout(this.#timers.get(what));
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(what);
      run();
    }, wait);
    this.#timers.set(what, timer);
  }

  every(what: string, wait: number, run: () => void): void {
    this.after(what, wait, () => {
      run();
      this.every(what, wait, run);
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
