import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { checked, form, PAGE, query } from "../api/input.ts";
import { showDoor } from "../auth/login.tsx";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { presentable, STATUS } from "../status.ts";
import { LeaveDialog, LogoutDialog } from "./asking.tsx";
import { folderAt, foundAt } from "./at.tsx";
import { choicesOf, remember } from "./choices.ts";
import { InviteDialog, SharesDialog } from "./dialogs.tsx";
import { ListPage, NoFolder, ROWS, Summary, titleOf } from "./files.tsx";
import { foundTitle } from "./found.tsx";
import { History, HistoryDialog } from "./history.tsx";
import { Members } from "./members.tsx";
import { Panes } from "./panes.tsx";
import { ancestors, EVERYONE, isTogether } from "./places.ts";
import { asks, NO_QUESTION, QUESTION } from "./question.ts";
import { SearchForm } from "./search-form.tsx";
import { Shares } from "./shares.tsx";
import { Opening, Shell, Top } from "./shell.tsx";
import { NearbyGroups, Start, Stopped } from "./start.tsx";
import { Transfers, TransfersHead } from "./transfers.tsx";
import { Tree } from "./tree.tsx";
import { loadTree } from "./tree-model.ts";
import { Views } from "./views.tsx";

const AT = z.object({ path: z.string().max(LIMITS.path).default("") });
/** Without a path, the page shows what its reader likes better: all members, or all together. */
const OPENED = z.object({ path: z.string().max(LIMITS.path).optional() });
const PART = z.object({
  ...AT.shape,
  after: PAGE.after,
  more: z.string().optional(),
  lacking: z.literal("1").optional(),
});
/** The paths that are open in the tree, the one that is shown, and whether the way to it is to be opened. */
const TREE = z.object({
  open: z.array(z.string().max(LIMITS.path)).max(LIMITS.page),
  shown: z.string().max(LIMITS.path).default(""),
  reveal: z.string().optional(),
});

/** `GET /?path=&q=`: the page with a folder or a search, the first run where there is no group, or how to get in; without the token empty. */
export async function showPage(c: Context<Env>, web: Web): Promise<Response> {
  const caller = c.get("caller");
  if (caller.by === "cookie") return c.html(<Opening web={web} address={addressOf(c)} />);
  if (caller.by !== "session") return showDoor(c, web);
  const trouble = web.needs.trouble();
  if (web.needs.group() === null) {
    return c.html(
      <Shell web={web} title="GroupShare">
        {trouble === null ? <Start web={web} /> : <Stopped web={web} error={trouble} />}
      </Shell>,
    );
  }
  const { lacking } = choicesOf(c, web);
  const question = c.req.query("q") === undefined ? NO_QUESTION : query(c, QUESTION);
  const folder = await opened(c, web);
  const { path, holder } = folder;
  const found = asks(question) ? await foundAt({ web, path, question, lacking }, c.req.raw.signal) : null;
  const nodes = await loadTree(web.needs, topOf(path), new Set(ancestors(path)));
  return c.html(
    <Shell web={web} title={found === null ? titleOf(web, path) : foundTitle(web, question)}>
      <Panes
        web={web}
        views={<Views web={web} path={path} holder={holder} />}
        tree={<Tree web={web} nodes={nodes} shown={path} />}
        search={<SearchForm web={web} question={question} lacking={lacking} />}
        files={(found ?? folder).files}
      />
    </Shell>,
    (found ?? folder).status,
  );
}

/** Path and query, as asked for. */
function addressOf(c: Context<Env>): string {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

/** The folder that is asked for, and whether to show all together the next time. */
async function opened(c: Context<Env>, web: Web) {
  const { together, lacking } = choicesOf(c, web);
  const asked = checkedPath(query(c, OPENED).path ?? (together ? EVERYONE : ""));
  const folder = await folderAt(web, asked, { lacking }, c.req.raw.signal);
  remember(c, web, { together: isTogether(folder.path) });
  return folder;
}

/** Where the tree that a path is in begins. */
const topOf = (path: string): string => (isTogether(path) ? EVERYONE : "");

/** `GET /pane/nearby`: what `#nearby` holds. */
export function showNearby(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<NearbyGroups web={web} />);
}

/** `GET /pane/files?path=`: what `#files` holds. */
export async function showFolder(c: Context<Env>, web: Web): Promise<Response> {
  const { path, holder, files, status } = await opened(c, web);
  return c.html(
    <>
      <title>{titleOf(web, path)}</title>
      {files}
      <hx-partial hx-target="#views" hx-swap="innerMorph">
        <Views web={web} path={path} holder={holder} />
      </hx-partial>
    </>,
    status,
  );
}

/** `GET /pane/page?path=&after=`: a part of the list, anew or (`&more`) for the first time. */
export async function showPart(c: Context<Env>, web: Web): Promise<Response> {
  const { path: asked, after = null, more, ...narrow } = query(c, PART);
  const path = checkedPath(asked);
  const lacking = narrow.lacking !== undefined;
  try {
    const page = { after, limit: ROWS, ...(lacking ? { lacking } : {}) };
    const listing = await web.needs.list(path, page, c.req.raw.signal);
    return c.html(
      <>
        <ListPage web={web} path={path} after={after} listing={listing} lacking={lacking} />
        {more === undefined ? (
          <hx-partial hx-target="#summary" hx-swap="innerMorph">
            <Summary listing={listing} path={path} lacking={lacking} />
          </hx-partial>
        ) : null}
      </>,
    );
  } catch (thrown) {
    const error = presentable(thrown);
    if (error.code === "internal") web.log.error(`Cannot show "${path}"`, { error: thrown });
    c.header("hx-retarget", "#files");
    c.header("hx-reswap", "innerHTML");
    return c.html(<NoFolder web={web} path={path} error={error} />, STATUS[error.code]);
  }
}

/** `POST /pane/tree` with what is open in it, which may be too long for an address. */
export async function showTree(c: Context<Env>, web: Web): Promise<Response> {
  const fields = await form(c);
  const { open, shown, reveal } = checked(
    TREE,
    { ...Object.fromEntries(fields), open: fields.getAll("open") },
    "the request",
  );
  const nodes = await loadTree(
    web.needs,
    topOf(shown),
    new Set(reveal === undefined ? open : [...open, ...ancestors(shown)]),
  );
  return c.html(<Tree web={web} nodes={nodes} shown={shown} />);
}

/** `GET /pane/members` */
export function showMembers(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<Members web={web} />);
}

/** `GET /pane/history`: the dialog. */
export function showHistory(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<HistoryDialog web={web} />);
}

/** `GET /pane/history-list`: what changes in it. */
export function showHistoryList(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<History web={web} />);
}

/** `GET /pane/transfers` */
export function showTransfers(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(
    <>
      <Transfers web={web} />
      <TransfersHead web={web} />
    </>,
  );
}

/** `GET /pane/top?group=`: the head of the page; loads it anew where it shows another group than there is. */
export function showTop(c: Context<Env>, web: Web): Response | Promise<Response> {
  if ((c.req.query("group") ?? "") !== (web.needs.group()?.id ?? "")) {
    c.header("hx-refresh", "true");
    return c.body(null, 200);
  }
  return web.needs.group() === null ? c.body(null, 204) : c.html(<Top web={web} />);
}

/** `GET /pane/invite` */
export async function showInvite(c: Context<Env>, web: Web): Promise<Response> {
  return c.html(<InviteDialog web={web} invite={await web.needs.invite()} />);
}

/** `GET /pane/shares`: the dialog. */
export function showShares(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<SharesDialog web={web} />);
}

/** `GET /pane/shares-list`: what changes in it. */
export function showShareList(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<Shares web={web} />);
}

/** `GET /pane/leave` */
export function showLeave(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<LeaveDialog web={web} />);
}

/** `GET /pane/logout` */
export function showLogout(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<LogoutDialog web={web} />);
}
