import { mediaOf } from "../bytes/media.ts";
import type { Web } from "../context.ts";
import type { FileView } from "../needs.ts";
import { bytes, counted } from "./format.ts";
import { archiveUrl, fileUrl, Icon, type IconName, idOf, Name, Names, opens, Time } from "./parts.tsx";
import { visible } from "./visible.ts";

export interface RowProps {
  readonly web: Web;
  readonly item: FileView;
  /** Whether it is a member or a share, which has no date. */
  readonly top: "member" | "share" | null;
  /** Whether it is shown as this computer's, which has no need to get it. */
  readonly own: boolean;
  readonly now: number;
}

/** A file or folder of the list, with what can be done with it. */
export function Row({ web, item, top, own, now }: RowProps) {
  const name = visible(item.name);
  return (
    <li class="row" id={idOf("f", item.path)}>
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
      <Entry web={web} item={item} top={top} title={name} />
      <span class="size">{bytes(item.size)}</span>
      <span class="date">{top === null ? <Time time={item.mtime} now={now} /> : counted(item.files, "file")}</span>
      <span class="holders">{top === null ? <Names names={item.holders} /> : null}</span>
      <span class="actions">{top === "member" ? null : <Actions web={web} item={item} own={own} name={name} />}</span>
    </li>
  );
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
        href={folder ? archiveUrl(item.path) : `${fileUrl(item.path)}?download`}
        download
        aria-label={folder ? `Save ${name} as a zip` : `Save ${name} in the browser`}
        title={folder ? "Save as a zip in the browser" : "Save in the browser"}
      >
        <Icon web={web} name="save" />
      </a>
    </>
  );
}

function Entry({ web, item, top, title }: { web: Web; item: FileView; top: RowProps["top"]; title: string }) {
  const content = (
    <>
      <Icon web={web} name={top === "member" ? "computer" : top === "share" ? "share" : iconOf(item)} />
      <Name name={item.name} />
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
    <a class="entry" title={title} href={fileUrl(item.path)} {...(shown ? { target: "_blank", rel: "noopener" } : {})}>
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
