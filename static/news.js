import { find, on, tell } from "./dom.js";
import { freshen } from "./list.js";

// The stream of news. It says what changed; panes fetch themselves anew, the file list part by part.

export const news = () => find("#news");
let lost = false;
let losing;

on("htmx:sse:after:message", ({ detail }) => {
  const shown = find(".folder[data-news]");
  if (shown?.dataset.news.split(" ").includes(detail.message.event)) freshen();
});
on("htmx:sse:before:connection", ({ detail }) => {
  if (detail.connection.attempt > 0) lose();
});
on("htmx:sse:after:connection", ({ detail }) => {
  if (detail.connection.status >= 400) return;
  clearTimeout(losing);
  losing = undefined;
  find("#offline").hidden = true;
  if (lost) tell(document.body, "refresh");
  lost = false;
});
on("htmx:sse:error", ({ detail }) => {
  lose();
  if (detail.status === 401) {
    find("[data-offline]").hidden = true;
    find("[data-ended]").hidden = false;
  }
});
// The first connection is not tried again by itself, nor one that was given up.
for (const event of ["htmx:sse:close", "htmx:error"]) {
  on(event, ({ target }) => {
    if (target !== news()) return;
    lose();
    setTimeout(() => tell(news(), "again"), 2_000);
  });
}

/** Tells that nothing is heard, unless it passes at once. */
export function lose() {
  lost = true;
  losing ??= setTimeout(() => {
    if (lost) find("#offline").hidden = false;
  }, 1_200);
}
