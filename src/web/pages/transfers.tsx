import { hasEnded } from "../api/downloads.ts";
import type { Web } from "../context.ts";
import type { DownloadView } from "../needs.ts";
import { bytes, capital, count, counted, remaining } from "./format.ts";
import { Icon, idOf, Name, Names } from "./parts.tsx";
import { visible } from "./visible.ts";

/** Downloads that are shown; scripts can list all. Count. */
const SHOWN = 100;
const ORDER = ["downloading", "waiting", "queued", "paused", "failed", "done"];

/** The downloads of this computer: what moves first, then what needs somebody, then what is done, latest first. */
export function Transfers({ web }: { web: Web }) {
  const downloads = sorted(web.needs.downloads());
  if (downloads.length === 0) {
    return <p class="no-transfers">Nothing is being downloaded. Use “Get” on a file or a whole folder.</p>;
  }
  return (
    <ul class="transfers">
      {downloads.slice(0, SHOWN).map((download) => (
        <Transfer web={web} download={download} />
      ))}
      {downloads.length > SHOWN ? <li class="no-transfers">{`and ${count(downloads.length - SHOWN)} more`}</li> : null}
    </ul>
  );
}

/** What is above them, beside an answer that has them. */
export function TransfersHead({ web }: { web: Web }) {
  return (
    <hx-partial hx-target="#transfers-head" hx-swap="innerMorph">
      <TransfersState web={web} />
    </hx-partial>
  );
}

/** How they go, in a line, and how to be rid of those that have ended. */
export function TransfersState({ web }: { web: Web }) {
  const downloads = web.needs.downloads();
  return (
    <>
      <span class="meta">
        <Summary downloads={downloads} />
      </span>
      <ClearAll web={web} downloads={downloads} />
    </>
  );
}

function ClearAll({ web, downloads }: { web: Web; downloads: readonly DownloadView[] }) {
  const shown = downloads.filter((download) => hasEnded(download) && download.state !== "cancelled");
  const lost = shown.filter(({ state }) => state === "failed").length;
  if (shown.length === 0) return null;
  return (
    <button
      type="button"
      class="quiet small"
      id="clear-transfers"
      title="Takes them off this list. Their files stay."
      hx-delete="/act/downloads"
      hx-target="#transfers"
      hx-swap="innerMorph"
      {...(lost === 0 ? {} : asksFirst(`Clear all that has ended? ${partial(lost)}`, "Clear"))}
    >
      <Icon web={web} name="check" />
      Clear finished
    </button>
  );
}

/** What is lost with downloads that failed: those could be resumed. */
function partial(count: number): string {
  return `${count === 1 ? "One download" : `${count} downloads`} failed: what is here of ${count === 1 ? "it" : "them"} so far is removed. Files that are complete stay.`;
}

const asksFirst = (words: string, yes: string) => ({ "hx-confirm": words, "data-confirm": yes });

function Summary({ downloads }: { downloads: readonly DownloadView[] }) {
  const active = downloads.filter(({ state }) => state === "downloading" || state === "queued");
  const rate = active.reduce((sum, download) => sum + download.rate, 0);
  const waiting = downloads.filter(({ state }) => state === "waiting").length;
  const failed = downloads.filter(({ state }) => state === "failed").length;
  return (
    <>
      {active.length > 0 ? <span>{`${active.length} under way`}</span> : null}
      {rate > 0 ? <span>{`${bytes(rate)}/s`}</span> : null}
      {waiting > 0 ? <span class="state waiting">{`${waiting} waiting`}</span> : null}
      {failed > 0 ? <span class="state failed">{`${failed} failed`}</span> : null}
    </>
  );
}

function sorted(downloads: readonly DownloadView[]): DownloadView[] {
  return downloads
    .filter(({ state }) => state !== "cancelled")
    .map((download, at) => ({ download, at }))
    .sort((a, b) => ORDER.indexOf(a.download.state) - ORDER.indexOf(b.download.state) || b.at - a.at)
    .map(({ download }) => download);
}

function Transfer({ web, download }: { web: Web; download: DownloadView }) {
  const { id, path, state, size, done, error } = download;
  const name = path.split("/").at(-1) ?? path;
  return (
    <li class={`transfer ${state}`} id={idOf("d", id)}>
      <Icon web={web} name={state === "done" ? "check" : state === "failed" ? "warning" : "get"} />
      <div class="transfer-text">
        <span class="transfer-name" title={visible(download.target)}>
          <Name name={name} />
        </span>
        {state === "done" ? null : (
          <progress max={Math.max(size, 1)} value={size === 0 ? 1 : done} aria-label={`${visible(name)} downloaded`} />
        )}
        <span class="meta">
          <Progress download={download} />
        </span>
        {error === null ? null : <Trouble error={error} waits={state === "waiting"} />}
      </div>
      <span class="actions">
        <Actions web={web} download={download} name={visible(name)} />
      </span>
    </li>
  );
}

/** Why it does not go on. A download that waits goes on by itself, so the first words of why are enough. */
function Trouble({ error, waits }: { error: string; waits: boolean }) {
  const words = waits ? (error.split(/[.:;]\s/)[0] ?? error) : error;
  return (
    <span class={waits ? "transfer-wait" : "transfer-error"} title={waits ? visible(error) : undefined}>
      <bdi>{capital(visible(words))}</bdi>
    </span>
  );
}

function Progress({ download }: { download: DownloadView }) {
  const { state, size, done, rate, sources, target } = download;
  if (state === "done") {
    return (
      <>
        <span>{bytes(size)}</span>
        <span class="target" title={visible(target)}>
          in <Name name={target.split(/[/\\]/).at(-2) || target} />
        </span>
      </>
    );
  }
  const left = state === "downloading" ? remaining(size - done, rate) : null;
  return (
    <>
      <span class={`state ${state}`}>{state}</span>
      <span>{`${bytes(done)} of ${bytes(size)}`}</span>
      {state === "downloading" && rate > 0 ? <span>{`${bytes(rate)}/s`}</span> : null}
      {left === null ? null : <span>{`${left} left`}</span>}
      {sources.length === 0 ? null : (
        <span>from {sources.length > 3 ? counted(sources.length, "member") : <Names names={sources} />}</span>
      )}
    </>
  );
}

function Actions({ web, download, name }: { web: Web; download: DownloadView; name: string }) {
  const { state, id } = download;
  const button = (action: "pause" | "resume" | "cancel", icon: "pause" | "play" | "close", words: string) => (
    <button
      type="button"
      class="quiet"
      hx-post={`/act/downloads/${encodeURIComponent(id)}`}
      hx-vals={JSON.stringify({ action })}
      hx-target="#transfers"
      hx-swap="innerMorph"
      aria-label={`${words} ${name}`}
      title={words}
    >
      <Icon web={web} name={icon} />
    </button>
  );
  return (
    <>
      {state === "downloading" || state === "queued" || state === "waiting" ? button("pause", "pause", "Pause") : null}
      {state === "paused" || state === "failed" ? button("resume", "play", "Resume") : null}
      {hasEnded(download) ? <Clear web={web} download={download} name={name} /> : button("cancel", "close", "Cancel")}
    </>
  );
}

/** Takes one that has ended off the list. */
function Clear({ web, download, name }: { web: Web; download: DownloadView; name: string }) {
  const failed = download.state === "failed";
  return (
    <button
      type="button"
      class="quiet"
      hx-delete={`/act/downloads/${encodeURIComponent(download.id)}`}
      hx-target="#transfers"
      hx-swap="innerMorph"
      aria-label={`Clear ${name} from the list`}
      title="Clear from the list"
      {...(failed
        ? asksFirst(`Clear “${name}”? What is here of it so far is removed. Files that are complete stay.`, "Clear")
        : {})}
    >
      <Icon web={web} name="close" />
    </button>
  );
}
