import type { Core } from "./core.ts";
import type { Exchange } from "./exchange.ts";
import { suspicionMin } from "./formulas.ts";
import { announceSelf } from "./merge.ts";

/** Members asked at once for their lists by one that was away. */
const ASKED_AFTER_ABSENCE = 2;

/**
 * What this member thinks of itself when it finds that it stood still: busy, stopped, asleep, or its clock jumped. It
 * heard nobody in that time, so it distrusts what it concludes from not having heard, and its health suffers.
 */
export class Stall {
  readonly #core: Core;
  readonly #exchange: Exchange;
  #feltAt = Number.NEGATIVE_INFINITY;

  constructor(core: Core, exchange: Exchange) {
    this.#core = core;
    this.#exchange = exchange;
  }

  /** Something came from another. After a long silence that means: it was this member that could not hear. */
  heard(): void {
    const core = this.#core;
    const silence = core.silence;
    core.heardAt = core.now;
    if (silence > core.silenceBorne && core.nodes.present > 1) this.over(silence);
  }

  /** It stood still for so many milliseconds until now, as the event loop says, or a round of gossip that is so late. */
  over(ms: number): void {
    const core = this.#core;
    const { probeTimeout, probeInterval, suspicionMult } = core.config.profile;
    if (!core.lifeguard.lag || ms <= probeTimeout) return;
    // Told already: what was due before the awakening belongs to the same standstill.
    if (core.now - ms < core.awakeAt) return;
    core.awakeAt = core.now;
    for (const [name, suspicion] of core.suspicions) {
      suspicion.forgive(ms, core.now);
      core.wake("suspicion", name, suspicion.left(core.now));
    }
    if (core.now - this.#feltAt >= probeInterval) {
      this.#feltAt = core.now;
      core.health.apply(1);
      core.note("debug", "stood still", { ms: Math.round(ms), health: core.health.score });
    }
    if (ms >= suspicionMin(suspicionMult, core.nodes.present, probeInterval)) this.#comeBack();
  }

  /** Others may have buried this member meanwhile: it does not wait until it hears of it. */
  #comeBack(): void {
    const core = this.#core;
    const self = core.self;
    if (self === undefined || core.leaving || core.moving !== null) return;
    core.raiseIncarnation();
    announceSelf(core, self);
    this.#exchange.swapWith(ASKED_AFTER_ABSENCE);
  }
}
