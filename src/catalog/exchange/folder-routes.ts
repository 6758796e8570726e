import { Hono } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import type { Store } from "../replay.ts";
import { encodePage, encodeShares, type FolderPage } from "./folder-wire.ts";
import { Seats } from "./seats.ts";

/**
 * Questions that are answered at once: a page takes the store some milliseconds, and its own person waits for it too. One
 * member asks three at a time, and may have given up as many whose answers are still being made.
 */
const MOST = { all: 16, ofOne: 6 };

/** The routes under which members look into this one's folders who do not keep its list. folder-wire.ts has the words. */
export function folderRoutes(store: Store, self: string): Hono {
  const seats = new Seats(MOST);
  const app = new Hono();
  app.use("/v1/folder/*", async (c, next) => {
    // The member id that the peer port proved; none where a request came another way.
    const { asker } = (c.env ?? {}) as { readonly asker?: string };
    if (!seats.take(asker)) return c.text("too many at once", 503, { "Retry-After": "1" });
    try {
      return await next();
    } finally {
      seats.leave(asker);
    }
  });
  app.get("/v1/folder", async (c) => c.body(packed(encodeShares(await store.call("shares", self))), 200, HEADERS));
  app.get("/v1/folder/:share", async (c) => {
    const limit = Number(c.req.query("limit") ?? LIMITS.page);
    const page = await pageAt(
      store,
      { member: self, share: c.req.param("share"), path: c.req.query("path") ?? "" },
      limit,
      c.req.query("after") ?? null,
    );
    return page === null ? c.text("not here", 404) : c.body(packed(encodePage(page)), 200, HEADERS);
  });
  return app;
}

const HEADERS = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store" };
const packed = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** What is there now; null for nothing. */
async function pageAt(
  store: Store,
  ref: { member: string; share: string; path: string },
  limit: number,
  after: string | null,
): Promise<FolderPage | null> {
  const entry = await store.call("stat", ref);
  if (entry === null) return null;
  if (entry.kind === "file" || !(limit > 0)) return { entry, items: [], next: null, total: 0 };
  try {
    return { entry, ...(await store.call("list", ref, { after, limit })) };
  } catch (thrown) {
    // Gone between the two questions.
    if (thrown instanceof GroupShareError && thrown.code === "not-found") return null;
    throw thrown;
  }
}
