import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { pieceLength } from "../../shared/content.ts";
import type { Content } from "../../shared/entry.ts";
import { hashOpened } from "../gentle-hasher.ts";
import type { TransfersOptions } from "../needs.ts";
import { openHeld } from "./held.ts";

/** Bytes of layers kept: a layer is at most 64 KiB below 32 GiB, 2 MiB for a TiB. */
const KEPT = 32 << 20;

/**
 * Piece layers of own files: 32 bytes a piece (BEP 52), empty for a file of one piece.
 * Read from the file when first asked for, one file at a time, and kept while there is room.
 */
export class PieceLayers {
  readonly #need: Pick<TransfersOptions, "catalog" | "openOwn" | "self" | "log">;
  readonly #kept = new LRUCache<string, Uint8Array>({ maxSize: KEPT, sizeCalculation: (layer) => layer.length + 200 });
  readonly #underWay = new Map<string, Promise<Uint8Array | null>>();
  readonly #oneByOne = pLimit(1);
  readonly #stop = new AbortController();

  constructor(need: Pick<TransfersOptions, "catalog" | "openOwn" | "self" | "log">) {
    this.#need = need;
  }

  /** null where no own file has this content. */
  async get(content: Content): Promise<Uint8Array | null> {
    const key = `${content.root}-${content.size}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const underWay = this.#underWay.get(key) ?? this.#oneByOne(() => this.#compute(content));
    this.#underWay.set(key, underWay);
    try {
      const layer = await underWay;
      if (layer !== null) this.#kept.set(key, layer);
      return layer;
    } finally {
      this.#underWay.delete(key);
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#oneByOne.clearQueue();
  }

  async #compute(content: Content): Promise<Uint8Array | null> {
    const file = await openHeld(this.#need, content);
    if (typeof file === "string") return null;
    try {
      if (content.size <= pieceLength(content.size)) return new Uint8Array(0);
      const digest = (await hashOpened(file.handle, content.size, this.#stop.signal)).digest();
      if (digest?.root === content.root) return digest.layer;
      this.#need.log.warn("an own file no longer has the content that it was listed with", { root: content.root });
      return null;
    } finally {
      await file.handle.close();
    }
  }
}
