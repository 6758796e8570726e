import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { PAGE, query } from "../api/input.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { presentable, STATUS } from "../status.ts";
import { folderAt, foundAt, searched } from "./at.tsx";
import { remember } from "./choices.ts";
import { titleOf } from "./files.tsx";
import { type Asked, FoundPage, FoundSummary, foundTitle, NotSearched } from "./found.tsx";
import { pageUrl } from "./parts.tsx";
import { asks, isSearch, QUESTION, queryOf } from "./question.ts";
import { MemberChoices } from "./search-form.tsx";

const ASKED = z.object({
  ...QUESTION.shape,
  path: z.string().max(LIMITS.path).default(""),
  lacking: z.literal("1").optional(),
});
const PART = z.object({ ...ASKED.shape, after: PAGE.after, more: z.string().optional() });

/** `GET /pane/search?path=&q=&…`: what `#files` holds while the form says so; nothing asked leads back to the folder. */
export async function showFound(c: Context<Env>, web: Web): Promise<Response> {
  const asked = askedOf(web, query(c, ASKED));
  remember(c, web, { lacking: asked.lacking });
  if (!asks(asked.question)) {
    const { path, files, status } = await folderAt(web, asked.path, asked, c.req.raw.signal);
    c.header("hx-replace-url", pageUrl(path));
    return c.html(
      <>
        <title>{titleOf(web, path)}</title>
        {files}
        <Count words="" />
      </>,
      status,
    );
  }
  const { files, total, status } = await foundAt(asked, c.req.raw.signal);
  const url = `/?${queryOf(asked.path, asked.question)}`;
  c.header(isSearch(c.req.header("hx-current-url")) ? "hx-replace-url" : "hx-push-url", url);
  return c.html(
    <>
      <title>{foundTitle(web, asked.question)}</title>
      {files}
      <Count words={total === null ? "" : <FoundSummary total={total} lacking={asked.lacking} />} />
    </>,
    status,
  );
}

/** `GET /pane/found?…&after=`: a part of what was found, anew or (`&more`) for the first time. */
export async function showFoundPart(c: Context<Env>, web: Web): Promise<Response> {
  const { after = null, more, ...rest } = query(c, PART);
  const asked = askedOf(web, rest);
  try {
    const found = await searched(asked, after, c.req.raw.signal);
    return c.html(
      <>
        <FoundPage {...asked} after={after} found={found} />
        {more === undefined ? (
          <hx-partial hx-target="#summary" hx-swap="innerMorph">
            <FoundSummary total={found.total} lacking={asked.lacking} />
          </hx-partial>
        ) : null}
      </>,
    );
  } catch (thrown) {
    const error = presentable(thrown);
    if (error.code === "internal") web.log.error("Cannot search", { error: thrown });
    c.header("hx-retarget", "#files");
    c.header("hx-reswap", "innerHTML");
    return c.html(<NotSearched {...asked} error={error} />, STATUS[error.code]);
  }
}

/** `GET /pane/search-members?member=`: whose files may be searched alone. */
export function showMemberChoices(c: Context<Env>, web: Web): Response | Promise<Response> {
  return c.html(<MemberChoices web={web} chosen={c.req.query("member") ?? ""} />);
}

function askedOf(web: Web, { path, lacking, ...question }: z.infer<typeof ASKED>): Asked {
  return { web, path: checkedPath(path), question, lacking: lacking !== undefined };
}

/** What is read to those who cannot see the list. */
function Count({ words }: { words: unknown }) {
  return (
    <hx-partial hx-target="#search-count" hx-swap="innerHTML">
      <span>{words as string}</span>
    </hx-partial>
  );
}
