import type { Web } from "../context.ts";
import { presentable, STATUS } from "../status.ts";
import { Folder, NoFolder, ROWS } from "./files.tsx";
import { type Asked, Found, NotSearched } from "./found.tsx";
import { memberOf } from "./places.ts";
import { wishOf } from "./question.ts";

/** What `#files` holds at a path, and the path as lists say it: a member has several names. Given up when the signal fires. */
export async function folderAt(web: Web, asked: string, wanted: { lacking: boolean }, signal: AbortSignal) {
  const lacking = narrows(web, asked, wanted);
  try {
    const page = { after: null, limit: ROWS, ...(lacking ? { lacking } : {}) };
    const listing = await web.needs.list(asked, page, signal);
    const { path } = listing.folder;
    const files = <Folder web={web} path={path} listing={listing} lacking={lacking} chosen={wanted.lacking} />;
    return { path, files, holder: listing.folder.holders[0] ?? null, status: 200 as const };
  } catch (thrown) {
    const error = presentable(thrown);
    if (error.code === "internal") web.log.error(`Cannot show "${asked}"`, { error: thrown });
    const files = <NoFolder web={web} path={asked} error={error} />;
    return { path: asked, files, holder: null, status: STATUS[error.code] };
  }
}

/** Whether "only what I lack" says anything at a path: not of members and shares, nor of what is this computer's own. */
function narrows(web: Web, path: string, { lacking }: { lacking: boolean }): boolean {
  return lacking && path.includes("/") && memberOf(web.needs, path)?.self !== true;
}

/** What `#files` holds for a question. Given up when the signal fires. */
export async function foundAt(asked: Asked, signal: AbortSignal) {
  try {
    const found = await searched(asked, null, signal);
    return { files: <Found {...asked} found={found} />, total: found.total, status: 200 as const };
  } catch (thrown) {
    const error = presentable(thrown);
    if (error.code === "internal") asked.web.log.error("Cannot search", { error: thrown });
    return { files: <NotSearched {...asked} error={error} />, total: null, status: STATUS[error.code] };
  }
}

/** One page of what is found. */
export function searched({ web, question, lacking }: Asked, after: string | null, signal: AbortSignal) {
  const wish = { ...wishOf(question, web.clock.wall()), after, limit: ROWS, ...(lacking ? { lacking } : {}) };
  return web.needs.search(wish, signal);
}
