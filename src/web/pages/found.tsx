import type { GroupShareError } from "../../shared/errors.ts";
import type { Web } from "../context.ts";
import type { SearchListing } from "../needs.ts";
import { count } from "./format.ts";
import { Icon, idOf, More, Name, opens } from "./parts.tsx";
import { crumbs, membersNow } from "./places.ts";
import { filtersOf, type Question, queryOf } from "./question.ts";
import { Row } from "./row.tsx";
import { Selection } from "./selection.tsx";
import { Empty, ErrorNotice } from "./states.tsx";
import { visible } from "./visible.ts";

/** More than this many are not counted for people: nobody reads so far. */
const COUNTED = 10_000;

/** What was asked, and from where. */
export interface Asked {
  readonly web: Web;
  /** The folder that was shown before, and is again when the search is over. */
  readonly path: string;
  readonly question: Question;
  readonly lacking: boolean;
}

/** A page of what was found. */
export interface FoundProps extends Asked {
  readonly after: string | null;
  readonly found: SearchListing;
}

/** What `#files` holds while something is searched for. The list is that of folders, so it is paged and kept fresh as theirs. */
export function Found({ found, ...asked }: Omit<FoundProps, "after">) {
  return (
    <Around {...asked}>
      <p id="summary" class="summary">
        <FoundSummary total={found.total} lacking={asked.lacking} />
      </p>
      <FoundPage {...asked} found={found} after={null} />
    </Around>
  );
}

/** What `#files` holds where a search failed, such as among a member's files that just went. Tries again by itself. */
export function NotSearched({ error, ...asked }: Asked & { error: GroupShareError }) {
  return (
    <Around {...asked}>
      <span />
      <div
        class="page alone"
        hx-get={`/pane/search?${queryOf(asked.path, asked.question)}${asked.lacking ? "&lacking=1" : ""}`}
        hx-trigger="members from:body throttle:1s, refresh from:body"
        hx-target="#files"
        hx-sync="#files:drop"
      >
        <ErrorNotice web={asked.web} error={error} stays />
      </div>
    </Around>
  );
}

function Around({ web, path, question, lacking, children }: Asked & { children: [unknown, unknown] }) {
  const [summary, list] = children as [never, never];
  const back = crumbs(web.needs, path).at(-1)?.name ?? "";
  return (
    <div
      class="folder found"
      id={idOf("found", path)}
      data-path={path}
      data-lacking={lacking ? "" : undefined}
      data-news="members catalog"
    >
      <div class="folder-top">
        <header class="folder-head">
          <h2 class="here" tabIndex={-1}>
            {question.q.trim() === "" ? (
              "Everybody's files, filtered"
            ) : (
              <>
                Search for “<Name name={question.q.trim()} class="asked" />”
              </>
            )}
          </h2>
          <div class="folder-line">
            {summary}
            <div class="folder-actions">
              <a class="button small" title={`Back to ${visible(back)}`} {...opens(path)}>
                <Icon web={web} name="close" />
                <span>Close the search</span>
              </a>
            </div>
          </div>
        </header>
        <div class="columns" aria-hidden="true">
          <span />
          <span>Name and place</span>
          <span class="column-size">Size</span>
          <span>Changed</span>
          <span>On</span>
          <span />
        </div>
      </div>
      {list}
      <Selection web={web} />
    </div>
  );
}

/** How much was found. */
export function FoundSummary({ total, lacking }: { total: number; lacking: boolean }) {
  const many = total > COUNTED ? `${count(COUNTED)}+` : count(total);
  return <>{`${total === 0 ? "nothing" : many} found${lacking ? " among what you lack" : ""}`}</>;
}

/** Part of what was found; fetched anew on news as parts of folders are, but not more than once a second. */
export function FoundPage({ web, path, question, lacking, after, found }: FoundProps) {
  const where = `${queryOf(path, question)}${lacking ? "&lacking=1" : ""}`;
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  const now = web.clock.wall();
  const members = membersNow(web.needs);
  return (
    <div
      class="page"
      id={idOf("found-page", `${where}\0${after ?? ""}`)}
      data-after={after ?? ""}
      data-next={found.next ?? ""}
      hx-get={`/pane/found?${where}${from}`}
      hx-trigger="stale throttle:1s"
      hx-swap="outerMorph"
    >
      {found.items.length === 0 && after === null ? (
        <NothingFound web={web} question={question} lacking={lacking} />
      ) : (
        <ul class="rows" aria-label={after === null ? "What was found" : "More of what was found"}>
          {found.items.map((item) => (
            <Row web={web} item={item} top={null} list="found" question={question.q} members={members} now={now} />
          ))}
        </ul>
      )}
      {found.next === null ? null : <More from={`/pane/found?${where}&after=${encodeURIComponent(found.next)}&more`} />}
    </div>
  );
}

function NothingFound({ web, question, lacking }: Pick<Asked, "web" | "question" | "lacking">) {
  const narrowed = filtersOf(question) > 0 || lacking;
  return (
    <Empty web={web} icon="search" title={`Nothing found${asking(question.q)}`}>
      <p>
        Fewer or shorter words find more; any part of a name will do. Only the files of members who are here now are
        searched.
      </p>
      {lacking ? <p>What you have already is left out.</p> : null}
      {narrowed ? (
        <button type="button" data-unfilter>
          Search without filters
        </button>
      ) : null}
    </Empty>
  );
}

/** The title of the page while it shows a search. */
export function foundTitle(web: Web, question: Question): string {
  const what = question.q.trim() === "" ? "Search" : `“${visible(question.q.trim())}”`;
  return [what, visible(web.needs.group()?.name ?? ""), "GroupShare"].join(" – ");
}

const asking = (q: string): string => (q.trim() === "" ? "" : ` for “${visible(q.trim())}”`);
