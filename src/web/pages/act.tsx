import { homedir } from "node:os";
import type { Context } from "hono";
import * as z from "zod";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { clearEnded } from "../api/downloads.ts";
import { checked, filledIn, form } from "../api/input.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { counted } from "./format.ts";
import { Name } from "./parts.tsx";
import { Shares } from "./shares.tsx";
import { Notice } from "./states.tsx";
import { Transfers, TransfersHead } from "./transfers.tsx";
import { typedFolder } from "./typed-folder.ts";

const GET = z.object({ path: z.array(z.string().min(1).max(LIMITS.path)).min(1).max(LIMITS.page) });
const DOWNLOAD = z.object({ action: z.enum(["pause", "resume", "cancel"]) });
const SHARE = z.object({
  path: z.string().trim().min(1).max(LIMITS.path),
  name: z.string().trim().max(LIMITS.name).default(""),
  hidden: z.literal("1").optional(),
});
const HASHING = z.object({ action: z.enum(["pause", "resume"]) });
const START = z.object({ name: z.string().trim().min(1).max(LIMITS.name) });
const JOIN = z.object({ invite: z.string().trim().min(1).max(LIMITS.invite) });

/** `POST /act/get` `path=…` or `folder=…`, once or more: downloads into the downloads folder. */
export async function get(c: Context<Env>, web: Web): Promise<Response> {
  const fields = [...(await form(c))].filter(([name]) => name === "path" || name === "folder");
  const { path } = checked(GET, { path: fields.map(([, value]) => value) }, "the request");
  const folders = fields.filter(([name]) => name === "folder").length;
  const downloads = await web.needs.download(path.map(checkedPath), { into: null });
  const [first] = downloads;
  return c.html(
    <Notice web={web}>
      <p>
        {downloads.length === 1 && first !== undefined ? (
          <>
            Getting <Name name={first.path.split("/").at(-1) ?? first.path} />
          </>
        ) : (
          `Getting ${filesAndFolders(path.length - folders, folders)}`
        )}
      </p>
    </Notice>,
  );
}

function filesAndFolders(files: number, folders: number): string {
  return [files > 0 ? counted(files, "file") : "", folders > 0 ? counted(folders, "folder") : ""]
    .filter(Boolean)
    .join(" and ");
}

/** `POST /act/downloads/{id}` `action=…` */
export async function change(c: Context<Env>, web: Web): Promise<Response> {
  const { action } = checked(DOWNLOAD, Object.fromEntries(await form(c)), "the request");
  await web.needs.changeDownload(c.req.param("id") ?? "", action);
  return transfers(c, web);
}

/** `DELETE /act/downloads/{id}`: takes one that has ended off the list. */
export async function clear(c: Context<Env>, web: Web): Promise<Response> {
  await web.needs.changeDownload(c.req.param("id") ?? "", "clear");
  return transfers(c, web);
}

/** `DELETE /act/downloads`: takes all that have ended off the list. */
export async function clearAll(c: Context<Env>, web: Web): Promise<Response> {
  await clearEnded(web.needs);
  return transfers(c, web);
}

function transfers(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(
    <>
      <Transfers web={web} />
      <TransfersHead web={web} />
    </>,
  );
}

/** `POST /act/shares` `path=…&name=…&hidden=1` */
export async function addShare(c: Context<Env>, web: Web): Promise<Response> {
  const { path, name, hidden } = filledIn(SHARE, await form(c), { path: "Type the path of a folder" });
  const share = await web.needs.addShare({
    path: typedFolder(path, homedir()),
    name: name === "" ? null : name,
    hidden: hidden !== undefined,
  });
  return c.html(
    <>
      <Shares web={web} />
      <hx-partial hx-target="#share-error" hx-swap="innerHTML">
        <p class="notice good">
          Shared as <Name name={share.name} class="strong" />
        </p>
      </hx-partial>
    </>,
  );
}

/** `POST /act/hashing` `action=pause|resume`, for all shares. */
export async function changeHashing(c: Context<Env>, web: Web): Promise<Response> {
  const { action } = checked(HASHING, Object.fromEntries(await form(c)), "the request");
  await (action === "pause" ? web.needs.pauseHashing() : web.needs.resumeHashing());
  return c.html(<Shares web={web} />);
}

/** `DELETE /act/shares/{id}` */
export async function removeShare(c: Context<Env>, web: Web): Promise<Response> {
  await web.needs.removeShare(c.req.param("id") ?? "");
  return c.html(<Shares web={web} />);
}

/** `POST /act/start` `name=…` */
export async function start(c: Context<Env>, web: Web): Promise<Response> {
  const { name } = filledIn(START, await form(c), { name: "Give the group a name" });
  await web.needs.startGroup(name);
  return anew(c);
}

/** `POST /act/join` `invite=…` */
export async function join(c: Context<Env>, web: Web): Promise<Response> {
  const { invite } = filledIn(JOIN, await form(c), { invite: "Paste the invite" });
  try {
    await web.needs.join(invite);
  } catch (thrown) {
    if (!(thrown instanceof GroupShareError) || thrown.code !== "invalid") throw thrown;
    const hint = "Ask for the invite again and paste all of it; it starts with groupshare:";
    throw new GroupShareError("invalid", thrown.message, { hint, cause: thrown });
  }
  return anew(c);
}

/** `POST /act/leave` */
export async function leave(c: Context<Env>, web: Web): Promise<Response> {
  await web.needs.leave();
  return anew(c);
}

/** Loads the page anew, from its start: all of it is another. */
function anew(c: Context<Env>): Response {
  c.header("hx-redirect", "/");
  return c.body(null, 200);
}
