import type { Child } from "hono/jsx";
import type { Web } from "../context.ts";
import { Members } from "./members.tsx";
import { Icon, type IconName } from "./parts.tsx";
import { Top } from "./shell.tsx";
import { Transfers, TransfersState } from "./transfers.tsx";

interface PanesProps {
  readonly web: Web;
  /** What `#views` holds. */
  readonly views: Child;
  readonly tree: Child;
  readonly search: Child;
  readonly files: Child;
}

/** The page of a group: members, tree, files, and what is being downloaded. On a phone, one of them at a time. */
export function Panes({ web, views, tree, search, files }: PanesProps) {
  return (
    <>
      <a class="skip" href="#files">
        To the files
      </a>
      <Top web={web} />
      <main class="panes">
        <section class="pane members-pane" aria-labelledby="members-title">
          <div class="pane-head">
            <h2 id="members-title" class="pane-title">
              Members
            </h2>
            <button
              type="button"
              class="quiet small"
              title="Who came and went"
              hx-get="/pane/history"
              hx-target="#dialog"
            >
              <Icon web={web} name="history" />
              History
            </button>
          </div>
          <div
            id="members"
            class="pane-body"
            hx-get="/pane/members"
            hx-trigger="members from:body, catalog from:body throttle:400ms, refresh from:body, beat"
            hx-swap="innerMorph"
          >
            <Members web={web} />
          </div>
        </section>
        <section class="pane tree-pane" aria-labelledby="tree-title">
          <div class="pane-head">
            <h2 id="tree-title" class="pane-title">
              Folders
            </h2>
            <nav id="views" class="views" aria-label="Whose folders">
              {views}
            </nav>
          </div>
          <div
            id="tree"
            class="pane-body"
            hx-post="/pane/tree"
            hx-trigger="members from:body, catalog from:body throttle:400ms, refresh from:body, grow"
            hx-swap="innerMorph"
            hx-sync="this:queue last"
          >
            {tree}
          </div>
        </section>
        <div class="pane files-pane">
          <div id="busy" class="busy" />
          {search}
          <section id="files" class="pane-body" tabIndex={-1} aria-label="Files" hx-history-elt="">
            {files}
          </section>
        </div>
        <section class="pane dock" id="dock" aria-labelledby="dock-title">
          <div class="dock-head">
            <h2 id="dock-title" class="pane-title">
              Transfers
            </h2>
            <div id="transfers-head" class="dock-state">
              <TransfersState web={web} />
            </div>
            <button
              type="button"
              class="quiet small dock-toggle"
              data-toggle="dock"
              aria-expanded="true"
              aria-controls="transfers"
            >
              <Icon web={web} name="chevron" />
              <span class="hidden">Transfers</span>
            </button>
          </div>
          <div
            id="transfers"
            class="pane-body"
            hx-get="/pane/transfers"
            hx-trigger="downloads from:body, refresh from:body"
            hx-swap="innerMorph"
          >
            <Transfers web={web} />
          </div>
        </section>
      </main>
      <nav class="tabs" aria-label="Panes">
        <Tab web={web} pane="members" icon="group" label="Members" />
        <Tab web={web} pane="tree" icon="folder-open" label="Folders" />
        <Tab web={web} pane="files" icon="file" label="Files" />
        <Tab web={web} pane="dock" icon="get" label="Transfers" />
      </nav>
    </>
  );
}

function Tab(props: { web: Web; pane: string; icon: IconName; label: string }) {
  return (
    <button type="button" class="tab" data-show={props.pane} aria-pressed={props.pane === "files" ? "true" : "false"}>
      <Icon web={props.web} name={props.icon} />
      {props.label}
    </button>
  );
}
