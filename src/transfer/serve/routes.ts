import { type Context, Hono } from "hono";
import { reason } from "../../shared/errors.ts";
import { pathComponents } from "../../shared/paths.ts";
import type { Counters } from "../counters.ts";
import type { TransfersOptions } from "../needs.ts";
import { OFFLINE } from "../offline.ts";
import { versionTag } from "../own-file.ts";
import { answerWithFile } from "./answer.ts";
import { openHeld, openOffered, parseContent, type Unheld } from "./held.ts";
import type { PieceLayers } from "./pieces.ts";

type Need = Pick<TransfersOptions, "catalog" | "openOwn" | "self" | "log">;

/**
 * What other members ask of this one, on its peer port; HEAD wherever GET:
 * - `/v1/content/ROOT-SIZE`: a content from any own file that has it and is unchanged. ETag `"ROOT-SIZE"`.
 * - `/v1/pieces/ROOT-SIZE`: its piece layer, 32 bytes a piece, no bytes for a file of one piece.
 * - `/v1/file/SHARE?path=PATH`: a file that is not hashed yet. ETag `"SIZE-MTIME"`, to be tied to with If-Match.
 *
 * What is not offered, not there or changed since it was listed is 404 alike: nothing can be probed for. What is listed,
 * in a share that is not there just now, is 404 with `GroupShare-Offline: 1`, of which the list says the same.
 */
export function transferRoutes(need: Need, layers: PieceLayers, counters: Counters): Hono {
  const app = new Hono();
  const missing = (c: Context, why: Unheld = "missing") =>
    c.text("not here\n", 404, why === "offline" ? { [OFFLINE]: "1" } : {});

  app.onError((error, c) => {
    need.log.warn("an own file could not be served", { why: reason(error) });
    return c.text("cannot be read now\n", 500);
  });

  app.get("/v1/content/:content", async (c) => {
    const content = parseContent(c.req.param("content"));
    if (content === null) return missing(c);
    const file = await openHeld(need, content);
    if (typeof file === "string") return missing(c, file);
    return await answerWithFile(c, file, `"${content.root}-${content.size}"`, counters);
  });

  app.get("/v1/pieces/:content", async (c) => {
    const content = parseContent(c.req.param("content"));
    const layer = content === null ? null : await layers.get(content);
    if (content === null || layer === null) return missing(c);
    return c.body(new Uint8Array(layer), 200, {
      ETag: `"${content.root}-${content.size}-pieces"`,
      "Content-Type": "application/octet-stream",
      "Content-Length": String(layer.length),
    });
  });

  app.get("/v1/file/:share", async (c) => {
    const path = c.req.query("path") ?? "";
    const share = c.req.param("share");
    if ("refused" in pathComponents(path)) return missing(c);
    const file = await openOffered(need, { member: need.self(), share, path }, null);
    if (typeof file === "string") return missing(c, file);
    return await answerWithFile(c, file, versionTag(file), counters);
  });

  return app;
}
