import type { Web } from "../context.ts";
import type { FileView, VersionView } from "../needs.ts";
import { bytes, counted } from "./format.ts";
import { fileUrl, Icon, idOf, Names, OfflineBadge, Time } from "./parts.tsx";
import { visible } from "./visible.ts";

/** The different contents that a path of the merged tree has, each with who has it and its own ways to get it. */
export function Versions({ web, item, now }: { web: Web; item: FileView; now: number }) {
  const versions = item.versions ?? [];
  if (versions.length < 2) return null;
  return (
    <details class="versions" id={idOf("v", item.path)}>
      <summary>
        <Icon web={web} name="chevron" />
        {counted(versions.length, "version")}
        <span class="hidden"> of {visible(item.name)}</span>
      </summary>
      <ol>
        {versions.map((version, at) => (
          <Version web={web} name={visible(item.name)} version={version} newest={at === 0} now={now} />
        ))}
      </ol>
    </details>
  );
}

interface VersionProps {
  readonly web: Web;
  readonly name: string;
  readonly version: VersionView;
  readonly newest: boolean;
  readonly now: number;
}

function Version({ web, name, version, newest, now }: VersionProps) {
  const { path, holders, size, mtime, offline } = version;
  const own = holders.includes(web.needs.self()?.name ?? "");
  const whose = `of ${name} from ${holders.map(visible).join(", ")}`;
  return (
    <li class="version" id={idOf("vv", path)}>
      <span class="version-text">
        <span class="meta">
          <Time time={mtime} now={now} />
          <span>{bytes(size)}</span>
          <span>
            on <Names names={holders} />
          </span>
        </span>
        {newest ? <span class="badge">newest</span> : null}
        {offline === true ? <OfflineBadge /> : null}
      </span>
      <span class="actions">
        {own ? null : (
          <button
            type="button"
            class="quiet"
            hx-post="/act/get"
            hx-vals={JSON.stringify({ path })}
            hx-swap="none"
            aria-label={`Get the version ${whose}`}
            title="Get this version into the downloads folder"
          >
            <Icon web={web} name="get" />
          </button>
        )}
        <a
          class="button quiet"
          href={fileUrl(web, path, "saved")}
          download
          aria-label={`Save the version ${whose} in the browser`}
          title="Save this version in the browser"
        >
          <Icon web={web} name="save" />
        </a>
      </span>
    </li>
  );
}
