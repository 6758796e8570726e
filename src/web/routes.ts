import { type Context, Hono, type MiddlewareHandler } from "hono";
import { addDownloads, changeDownload, clearDownloads, listDownloads, removeDownload } from "./api/downloads.ts";
import { listFiles } from "./api/files.ts";
import { changeGroup, showGroup } from "./api/group.ts";
import { listHistory } from "./api/history.ts";
import { changeKeyring, showKeyring } from "./api/keyring.ts";
import { listMembers } from "./api/members.ts";
import { searchFiles } from "./api/search.ts";
import { addShare, changeHashing, listShares, removeShare } from "./api/shares.ts";
import { sendAsset } from "./assets.ts";
import { identified, known, personal } from "./auth/caller.ts";
import { safeHeaders } from "./auth/headers.ts";
import { knownHost } from "./auth/hosts.ts";
import { login, logOut, showDoorAgain, stays } from "./auth/login.tsx";
import { fromOutside, makeLoginLink, openPage } from "./auth/open.ts";
import { sendArchive } from "./bytes/archive.ts";
import { cutOff } from "./bytes/cut-off.ts";
import { sendFile } from "./bytes/file.ts";
import type { Env, Web } from "./context.ts";
import { forPages, forScripts, newsStream } from "./events/news-stream.ts";
import { answerError } from "./failures.tsx";
import * as act from "./pages/act.tsx";
import * as group from "./pages/group.tsx";
import * as show from "./pages/show.tsx";
import * as found from "./pages/show-found.tsx";

/** Every address there is. */
export function routes(web: Web): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((thrown, c) => answerError(thrown, c, web));
  app.use(safeHeaders, knownHost(web));

  // For anybody.
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/static/:version/:name", (c) => sendAsset(c, web));
  app.get("/open", (c) => openPage(c, web));
  app.get("/login", (c) => c.redirect("/", 303));
  app.get("/door", (c) => showDoorAgain(c, web));
  app.post("/login", (c) => login(c, web));
  app.get("/", fromOutside(web));

  // From here on it matters who asks; only the page itself is answered to strangers, with how to get in,
  // and, empty, to who has no more than its cookie.
  app.use(identified(web), fresh);
  app.get("/", (c) => show.showPage(c, personal(c, web)));
  app.post("/logout", known, (c) => logOut(c, web));
  app.use("/pane/*", known);
  app.get("/pane/top", (c) => show.showTop(c, web));
  app.get("/pane/nearby", (c) => show.showNearby(c, web));
  app.get("/pane/members", (c) => show.showMembers(c, web));
  app.post("/pane/tree", (c) => show.showTree(c, web));
  app.get("/pane/files", (c) => show.showFolder(c, personal(c, web)));
  app.get("/pane/page", (c) => show.showPart(c, personal(c, web)));
  app.get("/pane/search", (c) => found.showFound(c, personal(c, web)));
  app.get("/pane/found", (c) => found.showFoundPart(c, personal(c, web)));
  app.get("/pane/search-members", (c) => found.showMemberChoices(c, web));
  app.get("/pane/transfers", (c) => show.showTransfers(c, web));
  app.get("/pane/shares", (c) => show.showShares(c, web));
  app.get("/pane/shares-list", (c) => show.showShareList(c, web));
  app.get("/pane/history", (c) => show.showHistory(c, web));
  app.get("/pane/history-list", (c) => show.showHistoryList(c, web));
  app.get("/pane/invite", (c) => show.showInvite(c, web));
  app.get("/pane/leave", (c) => show.showLeave(c, web));
  app.get("/pane/group", (c) => group.showGroupDialog(c, web));
  app.get("/pane/group-list", (c) => group.showGroupList(c, web));
  app.get("/pane/logout", (c) => show.showLogout(c, web));
  app.use("/act/*", known);
  app.post("/act/get", (c) => act.get(c, web));
  app.post("/act/downloads/:id", (c) => act.change(c, web));
  app.delete("/act/downloads/:id", (c) => act.clear(c, web));
  app.delete("/act/downloads", (c) => act.clearAll(c, web));
  app.post("/act/hashing", (c) => act.changeHashing(c, web));
  app.post("/act/shares", (c) => act.addShare(c, web));
  app.delete("/act/shares/:id", (c) => act.removeShare(c, web));
  app.post("/act/start", (c) => act.start(c, web));
  app.post("/act/join", (c) => act.join(c, web));
  app.post("/act/leave", (c) => act.leave(c, web));
  app.post("/act/rotate", (c) => group.rotate(c, web));
  app.post("/act/remove", (c) => group.remove(c, web));
  app.get("/events", known, (c) => newsStream(web.needs, forPages, reader(c)));

  // For scripts, and for the page.
  app.use("/api/*", known);
  app.get("/api/v1/members", (c) => listMembers(c, web));
  app.get("/api/v1/history", (c) => listHistory(c, web));
  app.get("/api/v1/files", (c) => listFiles(c, web));
  app.get("/api/v1/search", (c) => searchFiles(c, web));
  app.get("/api/v1/downloads", (c) => listDownloads(c, web));
  app.post("/api/v1/downloads", (c) => addDownloads(c, web));
  app.delete("/api/v1/downloads", (c) => clearDownloads(c, web));
  app.patch("/api/v1/downloads/:id", (c) => changeDownload(c, web));
  app.delete("/api/v1/downloads/:id", (c) => removeDownload(c, web));
  app.get("/api/v1/shares", (c) => listShares(c, web));
  app.post("/api/v1/shares", (c) => addShare(c, web));
  app.patch("/api/v1/shares", (c) => changeHashing(c, web));
  app.delete("/api/v1/shares", (c) => removeShare(c, web));
  app.delete("/api/v1/shares/:id", (c) => removeShare(c, web));
  app.get("/api/v1/group", (c) => showGroup(c, web));
  app.post("/api/v1/group", (c) => changeGroup(c, web));
  app.get("/api/v1/keyring", (c) => showKeyring(c, web));
  app.post("/api/v1/keyring", (c) => changeKeyring(c, web));
  app.get("/api/v1/nearby", (c) => c.json({ items: web.needs.nearby(), next: null }));
  app.get("/api/v1/status", async (c) => c.json(await web.needs.status()));
  app.get("/api/v1/events", (c) => newsStream(web.needs, forScripts(web.needs), reader(c)));
  app.post("/api/v1/login-link", (c) => makeLoginLink(c, web));
  app.get("/files/*", known, cutOff, (c) => sendFile(c, web));
  app.get("/archive/*", known, cutOff, (c) => sendArchive(c, web));
  return app;
}

/** The methods that something is done for at an address; none where there is nothing. */
export function methodsAt(app: Hono, path: string): string[] {
  const answered = (method: string) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
  const methods = ["GET", "POST", "PATCH", "DELETE"].filter(answered);
  return methods[0] === "GET" ? ["GET", "HEAD", ...methods.slice(1)] : methods;
}

/** Who reads news, and until when. */
function reader(c: Context<Env>): { method: string; gone: AbortSignal } {
  return { method: c.req.method, gone: stays(c) };
}

/** Nothing that is told here may be kept by a browser, unless its handler says otherwise. */
const fresh: MiddlewareHandler<Env> = async function fresh(c, next) {
  await next();
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};
