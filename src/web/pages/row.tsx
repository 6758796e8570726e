import { mediaOf } from "../bytes/media.ts";
import type { Web } from "../context.ts";
import type { FileView, Needs } from "../needs.ts";
import { bytes, counted } from "./format.ts";
import { Marked } from "./marked.tsx";
import { archiveUrl, fileUrl, Icon, type IconName, idOf, Name, Names, OfflineBadge, opens, Time } from "./parts.tsx";
import { crumbs, memberOf } from "./places.ts";
import { Versions } from "./versions.tsx";
import { visible } from "./visible.ts";
import { Where } from "./where.tsx";

export interface RowProps {
  readonly web: Web;
  readonly item: FileView;
  /** Whether it is a member or a share, which has no date. */
  readonly top: "member" | "share" | null;
  /** What it is in: a member's files, everyone's together, or what was found. */
  readonly list: "member" | "together" | "found";
  /** That it is offline is said above the list already, of all that is in it. */
  readonly said?: boolean;
  /** What was searched for. */
  readonly question?: string;
  /** From `membersNow`. */
  readonly members: Pick<Needs, "members">;
  readonly now: number;
}

/** A file or folder of the list, with what can be done with it. */
export function Row({ web, item, top, list, said = false, question, members, now }: RowProps) {
  const name = visible(item.name);
  const own = isOwn(members, item, list);
  return (
    <li class={list === "member" ? "row" : `row ${list}-row`} id={idOf("f", item.path)}>
      {own || top === "member" ? (
        <span class="pick-area" />
      ) : (
        <label class="pick-area">
          <input
            type="checkbox"
            class="pick"
            name={item.kind === "folder" ? "folder" : "path"}
            value={item.path}
            aria-label={`Select ${name}`}
          />
        </label>
      )}
      {list === "found" ? (
        <span class="found-entry">
          <Entry web={web} item={item} top={top} title={name} said={said} question={question ?? ""} />
          <Where way={crumbs(members, item.path).slice(1, -1)} question={question ?? ""} />
        </span>
      ) : (
        <Entry web={web} item={item} top={top} title={name} said={said} />
      )}
      <span class="size">{bytes(item.size)}</span>
      <span class="date">{top === null ? <Time time={item.mtime} now={now} /> : counted(item.files, "file")}</span>
      <span class="holders" title={item.holders.map(visible).join(", ")}>
        {top === null || list === "together" ? <Names names={item.holders} /> : null}
      </span>
      <span class="actions">{top === "member" ? null : <Actions web={web} item={item} own={own} name={name} />}</span>
      <Versions web={web} item={item} now={now} />
    </li>
  );
}

/**
 * Whether it is this computer's, which has no need to get it: its own files, and where all are shown together also what
 * it holds as well.
 */
function isOwn(members: RowProps["members"], item: FileView, list: RowProps["list"]): boolean {
  if (list !== "together" && memberOf(members, item.path)?.self === true) return true;
  if (list === "member" || item.kind === "folder") return false;
  return members.members({ all: false }).some(({ self, name }) => self && item.holders.includes(name));
}

function Actions({ web, item, own, name }: { web: Web; item: FileView; own: boolean; name: string }) {
  const folder = item.kind === "folder";
  return (
    <>
      {own ? null : (
        <button
          type="button"
          class="quiet"
          hx-post="/act/get"
          hx-vals={JSON.stringify({ path: item.path })}
          hx-swap="none"
          aria-label={`Get ${name}`}
          title="Get into the downloads folder"
        >
          <Icon web={web} name="get" />
        </button>
      )}
      <a
        class="button quiet"
        href={folder ? archiveUrl(web, item.path) : fileUrl(web, item.path, "saved")}
        download
        aria-label={folder ? `Save ${name} as a zip` : `Save ${name} in the browser`}
        title={folder ? "Save as a zip in the browser" : "Save in the browser"}
      >
        <Icon web={web} name="save" />
      </a>
    </>
  );
}

interface EntryProps {
  readonly web: Web;
  readonly item: FileView;
  readonly top: RowProps["top"];
  readonly title: string;
  readonly said: boolean;
  readonly question?: string;
}

function Entry({ web, item, top, title, said, question }: EntryProps) {
  const content = (
    <>
      <Icon web={web} name={top === "member" ? "computer" : top === "share" ? "share" : iconOf(item)} />
      {question === undefined ? <Name name={item.name} /> : <Marked name={item.name} question={question} />}
      {item.offline === true && !said ? <OfflineBadge /> : null}
    </>
  );
  if (item.kind === "folder") {
    return (
      <a class="entry" title={title} {...opens(item.path)}>
        {content}
      </a>
    );
  }
  const shown = mediaOf(item.name).shown;
  return (
    <a
      class="entry"
      title={title}
      href={fileUrl(web, item.path, "shown")}
      {...(shown ? { target: "_blank", rel: "noopener" } : {})}
    >
      {content}
    </a>
  );
}

const ARCHIVES = /\.(?:zip|tar|gz|tgz|bz2|xz|zst|7z|rar|deb|rpm|iso|dmg)$/i;
const CODE = /\.(?:[cm]?[jt]sx?|c|h|cc|cpp|rs|go|py|rb|java|kt|swift|sh|html?|css|json|toml|ya?ml|xml|sql)$/i;

function iconOf(item: FileView): IconName {
  if (item.kind === "folder") return "folder";
  if (ARCHIVES.test(item.name)) return "archive";
  if (CODE.test(item.name)) return "code";
  const { type } = mediaOf(item.name);
  if (type.startsWith("image/")) return "image";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  return type.startsWith("text/") || type === "application/pdf" ? "text" : "file";
}
