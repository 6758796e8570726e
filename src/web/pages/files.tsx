import type { GroupShareError } from "../../shared/errors.ts";
import type { Web } from "../context.ts";
import type { Listing } from "../needs.ts";
import { Crumbs } from "./crumbs.tsx";
import { bytes, count, counted } from "./format.ts";
import { archiveUrl, Icon, idOf, More, Name, OfflineBadge, opens } from "./parts.tsx";
import { crumbs, EVERYONE, isTogether, memberOf, membersNow, newsOf } from "./places.ts";
import { Row, type RowProps } from "./row.tsx";
import { Selection } from "./selection.tsx";
import { Empty, ErrorNotice } from "./states.tsx";
import { visible } from "./visible.ts";

/** Rows that are fetched together. Count. */
export const ROWS = 100;

/** A page of a folder's list. */
export interface PageProps {
  readonly web: Web;
  readonly path: string;
  /** The cursor behind which it begins, null for the first. */
  readonly after: string | null;
  readonly listing: Listing;
  /** Only what this member lacks is in it. */
  readonly lacking: boolean;
}

type FolderProps = Omit<PageProps, "after"> & {
  /** That only what this member lacks is to be shown, wherever that says something. */
  readonly chosen: boolean;
};

/** What `#files` holds: the folder at a path, with the first page of its list. */
export function Folder({ web, path, listing, lacking, chosen }: FolderProps) {
  const own = memberOf(web.needs, path)?.self === true;
  const top = topOf(path);
  return (
    <div
      class={isTogether(path) ? "folder together" : "folder"}
      id={idOf("folder", path)}
      data-path={path}
      data-lacking={chosen ? "" : undefined}
      data-news={lacking ? "members catalog" : newsOf(web.needs, path)}
    >
      <div class="folder-top">
        <header class="folder-head">
          <Crumbs web={web} path={path} />
          <div class="folder-line">
            <p id="summary" class="summary">
              <Summary listing={listing} path={path} lacking={lacking} />
            </p>
            <FolderActions web={web} path={path} own={own} empty={listing.total === 0} lacking={lacking} />
          </div>
        </header>
        <div class="columns" aria-hidden="true">
          <span />
          <span>Name</span>
          <span class="column-size">Size</span>
          <span>{top === null ? "Changed" : "Files"}</span>
          <span>{top === null || isTogether(path) ? "On" : ""}</span>
          <span />
        </div>
      </div>
      <ListPage web={web} path={path} after={null} listing={listing} lacking={lacking} />
      <Selection web={web} />
    </div>
  );
}

/**
 * Part of the list. On news the page fetches those parts anew that are in sight, the others when they come into sight
 * (`static/app.js`); a part that ends elsewhere than before makes those behind it be fetched again.
 */
export function ListPage({ web, path, after, listing, lacking }: PageProps) {
  const where = `path=${encodeURIComponent(path)}${lacking ? "&lacking=1" : ""}`;
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  const now = web.clock.wall();
  const members = membersNow(web.needs);
  const own = memberOf(web.needs, path)?.self === true;
  const top = topOf(path);
  return (
    <div
      class="page"
      id={idOf("page", `${where}\0${after ?? ""}`)}
      data-after={after ?? ""}
      data-next={listing.next ?? ""}
      hx-get={`/pane/page?${where}${from}`}
      hx-trigger="stale"
      hx-swap="outerMorph"
    >
      {listing.items.length === 0 && after === null ? (
        <NothingHere web={web} path={path} own={own} lacking={lacking} />
      ) : (
        <ul class="rows" aria-label={after === null ? "Content" : "More content"}>
          {listing.items.map((item) => (
            <Row
              web={web}
              item={item}
              top={top}
              list={isTogether(path) ? "together" : "member"}
              said={listing.folder.offline === true}
              members={members}
              now={now}
            />
          ))}
        </ul>
      )}
      {listing.next === null ? null : (
        <More from={`/pane/page?${where}&after=${encodeURIComponent(listing.next)}&more`} />
      )}
    </div>
  );
}

/** What a list holds: members, the shares of one, or what is in a share. */
function topOf(path: string): RowProps["top"] {
  return path === "" ? "member" : path.includes("/") ? null : "share";
}

interface SummaryProps {
  readonly listing: Listing;
  readonly path: string;
  readonly lacking: boolean;
}

/** How much there is in a folder, and whether it can be had. */
export function Summary(props: SummaryProps) {
  return (
    <>
      <HowMuch {...props} />
      {props.listing.folder.offline === true ? <OfflineBadge /> : null}
    </>
  );
}

function HowMuch({ listing, path, lacking }: SummaryProps) {
  const { folder, total, atLeast } = listing;
  if (path === "") return <>{`${counted(total, "member")} · ${bytes(folder.size)} in all`}</>;
  if (lacking) return <span>{`${total === 0 ? "nothing" : counted(total, "entry", "entries")} that you lack`}</span>;
  if (total === 0) return <span>empty</span>;
  return (
    <>
      <span>{atLeast === true ? `${count(total)}+ entries` : counted(total, "entry", "entries")}</span>
      <span>{counted(folder.files, "file")} in all</span>
      <span>{bytes(folder.size)}</span>
    </>
  );
}

/** What `#files` holds where a folder cannot be shown. Comes back by itself when the folder does. */
export function NoFolder({ web, path, error }: { web: Web; path: string; error: GroupShareError }) {
  const gone = error.code === "not-found" || error.code === "unreachable";
  return (
    <div class="folder" id={idOf("folder", path)} data-path={path}>
      <header class="folder-head">
        <Crumbs web={web} path={path} />
      </header>
      <div
        class="page"
        hx-get={`/pane/files?path=${encodeURIComponent(path)}&again`}
        hx-trigger="members from:body throttle:1s, catalog from:body throttle:1s, refresh from:body"
        hx-target="#files"
      >
        {error.code === "not-found" && memberOf(web.needs, path) !== null ? (
          <NothingOfThisName web={web} path={path} />
        ) : gone ? (
          <Empty web={web} icon="offline" title="This is not here at the moment">
            <p>
              It was moved or deleted, or the member that has it went away. When it comes back, it appears here by
              itself.
            </p>
            <a class="button" {...opens("")}>
              To all members
            </a>
          </Empty>
        ) : (
          <div class="alone">
            <ErrorNotice web={web} error={error} stays />
          </div>
        )}
      </div>
    </div>
  );
}

/** Where the member is here, but has nothing at this path. */
function NothingOfThisName({ web, path }: { web: Web; path: string }) {
  const up = crumbs(web.needs, path).at(-2);
  return (
    <Empty web={web} icon="folder" title="Nothing of this name here">
      <p>
        It was moved, renamed or deleted, or never was here. When something of this name comes, it appears here by
        itself.
      </p>
      {up === undefined ? null : (
        <a class="button" {...opens(up.path)}>
          <span>
            Up to <Name name={up.name} />
          </span>
        </a>
      )}
    </Empty>
  );
}

/** The title of the page while it shows a path. */
export function titleOf(web: Web, path: string): string {
  const names = [crumbs(web.needs, path).at(-1)?.name ?? "", web.needs.group()?.name ?? ""];
  return [...names.map(visible), "GroupShare"].join(" – ");
}

interface ActionsProps {
  readonly web: Web;
  readonly path: string;
  readonly own: boolean;
  readonly empty: boolean;
  /** Then not all of the folder is listed. */
  readonly lacking: boolean;
}

/** What can be done with all of a folder. A member is none: its shares are got one by one. */
function FolderActions({ web, path, own, empty, lacking }: ActionsProps) {
  const full = path.includes("/") && !empty;
  return (
    <div class="folder-actions">
      {own ? (
        <button type="button" class="small" hx-get="/pane/shares" hx-target="#dialog">
          <Icon web={web} name="share" />
          <span>Shared folders</span>
        </button>
      ) : null}
      {full && !own ? (
        <button
          type="button"
          class="small"
          hx-post="/act/get"
          hx-vals={JSON.stringify({ path })}
          hx-swap="none"
          title="Get all of it into the downloads folder"
        >
          <Icon web={web} name="get" />
          <span>{lacking ? "Get the whole folder" : "Get all"}</span>
        </button>
      ) : null}
      {full ? (
        <a class="button small" href={archiveUrl(web, path)} download title="Save all of it as a zip in the browser">
          <Icon web={web} name="save" />
          <span>Save as zip</span>
        </a>
      ) : null}
    </div>
  );
}

function NothingHere({ web, path, own, lacking }: { web: Web; path: string; own: boolean; lacking: boolean }) {
  if (path === "" || path === EVERYONE) return <Empty web={web} icon="group" title="Nobody shares anything yet" />;
  if (lacking) {
    return (
      <Empty web={web} icon="check" title="You have all of this folder">
        <p>Files that are in your own shares, under whatever name, are left out while “Only what I lack” is on.</p>
        <button type="button" data-unfilter>
          Show everything
        </button>
      </Empty>
    );
  }
  if (own && !path.includes("/")) {
    return (
      <Empty web={web} icon="share" title="You share nothing yet">
        <p>Type the path of a folder of this computer; everybody in the group can then see it and get what is in it.</p>
        <button type="button" class="primary" hx-get="/pane/shares" hx-target="#dialog">
          <Icon web={web} name="plus" />
          Share a folder
        </button>
      </Empty>
    );
  }
  return (
    <Empty
      web={web}
      icon="folder-open"
      title={path.includes("/") ? "This folder is empty" : "Nothing is shared here"}
    />
  );
}
