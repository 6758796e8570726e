import { all, find, on, tell } from "./dom.js";
import { freshen } from "./list.js";

// The stream of news. It says what changed; panes fetch themselves anew, the file list part by part.

export const news = () => find("#news");
let lost = false;
let losing;
let connected = false;

on("htmx:sse:after:message", ({ detail }) => {
  const shown = find(".folder[data-news]");
  if (shown?.dataset.news.split(" ").includes(detail.message.event)) freshen();
});
on("htmx:sse:before:connection", ({ detail }) => {
  connected = false;
  if (detail.connection.attempt > 0) lose();
});
on("htmx:sse:after:connection", ({ detail }) => {
  if (detail.connection.status >= 400) return;
  connected = true;
  regain();
});
on("htmx:sse:error", ({ detail }) => {
  connected = false;
  lose();
  // Logged out, here or elsewhere, or let in anew: the same address shows the way in, or goes on.
  if (detail.status === 401 || detail.status === 403) location.reload();
});
// The first connection is not tried again by itself, nor one that was given up.
for (const event of ["htmx:sse:close", "htmx:error"]) {
  on(event, ({ target }) => {
    if (target !== news()) return;
    connected = false;
    lose();
    setTimeout(() => tell(news(), "again"), 2_000);
  });
}

/** Tells that nothing is heard, unless it passes at once. */
export function lose() {
  lost = true;
  losing ??= setTimeout(check, 1_200);
}

function regain() {
  clearTimeout(losing);
  losing = undefined;
  block(false);
  if (lost) tell(document.body, "refresh");
  lost = false;
}

/** A request that failed while the news go on may have failed alone: then the page asks before it gives up. */
async function check() {
  if (!lost) return;
  const well = connected && (await answers());
  if (!lost) return;
  if (well && !find("#offline").hidden) return regain();
  if (well) {
    lost = false;
    losing = undefined;
    return;
  }
  block(true);
  if (connected) losing = setTimeout(check, 2_000);
}
async function answers() {
  try {
    return (await fetch("/healthz", { signal: AbortSignal.timeout(3_000) })).ok;
  } catch {
    return false;
  }
}

/** What is shown cannot be used while nothing answers; then focus goes back to where it was. */
let focused;
function block(blocked) {
  if (find("#offline").hidden === !blocked) return;
  find("#offline").hidden = !blocked;
  if (blocked) focused = document.activeElement;
  for (const part of all("main, .top")) part.inert = blocked;
  if (!blocked && document.activeElement === document.body && focused?.isConnected) focused.focus();
}
