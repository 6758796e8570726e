import { hash } from "node:crypto";
import type { Bytes } from "../auth/tickets.ts";
import { urlOfPath } from "../bytes/path.ts";
import type { Web } from "../context.ts";
import { when } from "./format.ts";
import { nameParts } from "./visible.ts";

/** A name that somebody else chose: kept to itself by `bdi`, and nothing in it hidden. */
export function Name({ name, class: className = "name" }: { name: string; class?: string }) {
  return (
    <bdi class={className}>
      {nameParts(name).map((part) => ("odd" in part ? <span class="odd">{part.odd}</span> : part.text))}
    </bdi>
  );
}

/** Names after one another. */
export function Names({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name, at) => (
        <>
          {at === 0 ? "" : ", "}
          <Name name={name} class="who" />
        </>
      ))}
    </>
  );
}

export type IconName =
  | "archive"
  | "audio"
  | "check"
  | "chevron"
  | "close"
  | "code"
  | "computer"
  | "copy"
  | "file"
  | "filter"
  | "folder"
  | "folder-open"
  | "get"
  | "group"
  | "history"
  | "image"
  | "invite"
  | "leave"
  | "lock"
  | "mark"
  | "offline"
  | "pause"
  | "play"
  | "plus"
  | "save"
  | "search"
  | "share"
  | "text"
  | "trash"
  | "video"
  | "warning";

/** An icon out of the sprite; what it says is said in words beside it. */
export function Icon({ web, name }: { web: Web; name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} aria-hidden="true" focusable="false">
      <use href={`${web.asset("icons.svg")}#${name}`} />
    </svg>
  );
}

/** Says of files that they cannot be had just now, though they are listed. */
export function OfflineBadge() {
  return (
    <span class="badge offline" title="The shared folder cannot be read just now, such as on a drive that is not there">
      offline
    </span>
  );
}

/** A time, short, with all of it on hovering. */
export function Time({ time, now }: { time: number; now: number }) {
  const { short, full, iso } = when(time, now);
  return (
    <time datetime={iso} title={full}>
      {short}
    </time>
  );
}

/** An element's id for something named by a path: the same one in every answer, so that morphing finds it. */
export function idOf(kind: string, path: string): string {
  return `${kind}-${hash("sha256", path.toWellFormed(), "hex").slice(0, 16)}`;
}

/** Where the page shows a folder. Without a path it shows what its reader likes better: all members, or all together. */
export function pageUrl(path: string): string {
  return path === "" ? "/?path=" : `/?path=${encodeURIComponent(path.toWellFormed())}`;
}

/** What makes a link open a folder without leaving the page. */
export function opens(path: string): Record<string, string> {
  return {
    href: pageUrl(path),
    "hx-get": `/pane/files?path=${encodeURIComponent(path.toWellFormed())}`,
    "hx-target": "#files",
    "hx-swap": "innerHTML scroll:top",
    "hx-push-url": pageUrl(path),
    "hx-indicator": "#busy",
    "hx-sync": "#files:replace",
  };
}

/** Where a file's bytes are: to be shown by the browser where it can, or saved. */
export function fileUrl(web: Web, path: string, saved: "saved" | "shown"): string {
  return bytesUrl(web, "files", path, saved === "saved" ? ["download="] : []);
}

/** Where a folder's zip is. */
export function archiveUrl(web: Web, path: string): string {
  return bytesUrl(web, "archive", path, []);
}

function bytesUrl(web: Web, kind: Bytes, path: string, more: readonly string[]): string {
  const query = [...more, ...(web.ticket === undefined ? [] : [`ticket=${web.ticket(kind, path)}`])].join("&");
  return `/${kind}/${urlOfPath(path)}${query === "" ? "" : `?${query}`}`;
}

/** Puts an error of a form's request under the form, instead of among the notices of the page. */
export function errorsTo(selector: string): Record<string, string> {
  const there = `target:${selector} swap:innerHTML`;
  return { "hx-status:4xx": there, "hx-status:5xx": there };
}

/** At the end of a page of a list: brings the next one when it comes into sight, or is asked to. `from`: where that is. */
export function More({ from }: { from: string }) {
  return (
    <button
      type="button"
      class="more"
      hx-get={from}
      hx-trigger="intersect root:#files rootMargin:600px, click"
      hx-target="closest .page"
      hx-swap="afterend"
      hx-sync="this:drop"
    >
      Show more
    </button>
  );
}
