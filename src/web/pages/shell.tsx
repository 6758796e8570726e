import type { Child } from "hono/jsx";
import type { Web } from "../context.ts";
import { Document } from "./document.tsx";
import { NeedsScript } from "./door.tsx";
import { Icon, Name, opens } from "./parts.tsx";

export interface ShellProps {
  readonly web: Web;
  readonly title: string;
  readonly children: Child;
}

/** Longest wait between two tries to hear news again. Milliseconds. */
const RECONNECT = JSON.stringify({ sse: { reconnectDelay: 500, reconnectMaxDelay: 4_000 } });

/**
 * The document for who has shown no more than a cookie, which may be a program on another port: it names nothing. Its script
 * asks for the same address with the token, and shows that instead. `address`: path and query.
 */
export function Opening({ web, address }: { web: Web; address: string }) {
  return (
    <Document web={web} title="GroupShare" scripts="page">
      <body data-pane="files">
        <Offline web={web} />
        <main class="start" id="opening" hx-get={address} hx-target="body" hx-trigger="load, again">
          <NeedsScript />
        </main>
      </body>
    </Document>
  );
}

/** Says that nothing answers, while that is so. */
function Offline({ web }: { web: Web }) {
  return (
    <div id="offline" class="banner" role="alert" hidden>
      <Icon web={web} name="offline" />
      <span>
        GroupShare on this computer does not answer. Is it still running? Start it again with the same command. Trying
        again…
      </span>
    </div>
  );
}

/** The document around everything that is shown to a session: the news it hears, notices, dialogs. */
export function Shell({ web, title, children }: ShellProps) {
  return (
    <Document web={web} title={title} scripts="page">
      <body data-pane="files">
        <div id="news" hidden hx-sse:connect="/events" hx-trigger="load, again" hx-config={RECONNECT} />
        <Offline web={web} />
        {children}
        <div id="notices" class="notices" role="status" aria-live="polite" />
        <dialog id="dialog" aria-labelledby="dialog-title" />
        <dialog id="confirm" class="confirm" aria-labelledby="confirm-text">
          <p id="confirm-text" />
          <div class="dialog-actions">
            <button type="button" data-close>
              Keep it
            </button>
            <button type="button" class="danger" id="confirm-yes">
              Yes
            </button>
          </div>
        </dialog>
      </body>
    </Document>
  );
}

/** What stands above the panes. A group left or joined elsewhere loads the page anew. */
export function Top({ web }: { web: Web }) {
  const group = web.needs.group();
  return (
    <header
      class="top"
      id="top"
      hx-get={`/pane/top?group=${encodeURIComponent(group?.id ?? "")}`}
      hx-trigger="group from:body, refresh from:body"
      hx-swap="outerMorph"
    >
      <h1 class="group">
        <a {...opens("")} href="/" hx-get="/pane/files" hx-push-url="/">
          <Icon web={web} name="mark" />
          <Name name={group?.name ?? "GroupShare"} />
        </a>
      </h1>
      <nav class="top-actions" aria-label="Group">
        <button type="button" class="top-action" hx-get="/pane/shares" hx-target="#dialog">
          <Icon web={web} name="share" />
          <span>Shared folders</span>
        </button>
        <button type="button" class="top-action" hx-get="/pane/group" hx-target="#dialog">
          <Icon web={web} name="group" />
          <span>Group</span>
        </button>
        <button type="button" class="top-action" hx-get="/pane/leave" hx-target="#dialog">
          <Icon web={web} name="leave" />
          <span>Leave</span>
        </button>
        <LogoutButton web={web} class="top-action" />
        <button type="button" class="top-action primary" hx-get="/pane/invite" hx-target="#dialog">
          <Icon web={web} name="invite" />
          <span>Invite</span>
        </button>
      </nav>
    </header>
  );
}

/** Opens the dialog that logs out. */
export function LogoutButton({ web, class: className }: { web: Web; class: string }) {
  return (
    <button type="button" class={className} hx-get="/pane/logout" hx-target="#dialog">
      <Icon web={web} name="lock" />
      <span>Log out</span>
    </button>
  );
}
