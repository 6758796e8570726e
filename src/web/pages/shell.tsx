import type { Child } from "hono/jsx";
import { TOKEN_HEADER } from "../auth/caller.ts";
import type { Session } from "../auth/sessions.ts";
import type { Web } from "../context.ts";
import { Document } from "./document.tsx";
import { Icon, Name, opens } from "./parts.tsx";

export interface ShellProps {
  readonly web: Web;
  readonly session: Session;
  readonly title: string;
  readonly children: Child;
}

/** Longest wait between two tries to hear news again. Milliseconds. */
const RECONNECT = JSON.stringify({ sse: { reconnectDelay: 500, reconnectMaxDelay: 4_000 } });

/** The document around everything that is shown to a session: the news it hears, notices, dialogs. */
export function Shell({ web, session, title, children }: ShellProps) {
  return (
    <Document web={web} title={title} scripts>
      <body data-pane="files" hx-headers:inherited={JSON.stringify({ [TOKEN_HEADER]: session.token })}>
        <div id="news" hidden hx-sse:connect="/events" hx-trigger="load, again" hx-config={RECONNECT} />
        <div id="offline" class="banner" role="alert" hidden>
          <Icon web={web} name="offline" />
          <span>
            GroupShare on this computer does not answer. Is it still running? Start it again with the same command.
            Trying again…
          </span>
        </div>
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
