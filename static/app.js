// What the page does beyond what its HTML says. Everything else is htmx; nothing here is needed to be safe.

import { openDialog } from "./dialogs.js";
import { all, find, on, onClick, tell } from "./dom.js";
import { count, freshen, mend, select, watch } from "./list.js";
import { lose, news } from "./news.js";
import { searched } from "./search.js";
import { proof, token } from "./token.js";
import { arrived, treeChanged } from "./tree.js";

// Whatever is asked for, is asked for with the token.
on("htmx:config:request", (event) => {
  const held = token();
  if (held === null) {
    event.preventDefault();
    location.replace("/door");
  } else Object.assign(event.detail.ctx.request.headers, proof(held));
});
// The page itself, until it comes.
on("htmx:error", ({ target }) => {
  if (target.id === "opening") setTimeout(() => tell(target, "again"), 2_000);
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  const { target } = ctx;
  if (target === document.body && low.matches) fit();
  if (target?.id === "files") moved(ctx.sourceElement);
  if (target?.id === "tree") treeChanged();
  if (target?.id === "dialog") openDialog(target);
  if (target?.closest?.("#files")) mend();
  if (target?.matches?.("[data-reveal]")) target.scrollIntoView({ block: "nearest" });
  showEnd();
  watch();
  count();
  fade();
});

/** Where the way to a folder is longer than the screen is wide, its end is what matters. */
function showEnd() {
  const way = find(".crumbs ol");
  if (way) way.scrollLeft = way.scrollWidth;
}

/** The file list shows another folder. */
function moved(source) {
  arrived();
  searched();
  if (source?.matches?.("a:not([data-stay])")) show("files");
  if (document.activeElement === document.body) find(".here")?.focus({ preventScroll: true });
}

on("htmx:after:request", ({ target, detail }) => {
  if (detail.ctx.response.status >= 400) return;
  if (target.matches?.("form[data-reset]")) target.reset();
  if (target.matches?.("[data-unselect]")) select(false);
});
on("htmx:error", ({ target, detail }) => {
  if (detail.ctx && target !== news()) lose();
});

onClick("[data-copy]", async (button) => {
  const field = find(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy");
  }
  button.focus();
  const words = find("[data-copied]", button);
  const before = words.textContent;
  words.textContent = words.dataset.copied;
  setTimeout(() => {
    words.textContent = before;
  }, 2_000);
});

onClick("[data-dismiss]", (button) => button.closest(".notice").remove());
function fade() {
  for (const notice of all("[data-fleeting]")) {
    delete notice.dataset.fleeting;
    setTimeout(() => notice.remove(), 5_000);
  }
}

function unfold(button, opened) {
  button.setAttribute("aria-expanded", String(opened));
  find(`#${button.dataset.toggle}`).toggleAttribute("data-folded", !opened);
}
onClick("[data-toggle]", (button) => unfold(button, button.getAttribute("aria-expanded") !== "true"));

/** A low window has no room for more than the files, until somebody wants it otherwise. */
const low = matchMedia("(max-height: 500px)");
function fit() {
  for (const button of all("[data-toggle]")) unfold(button, !low.matches);
}
low.addEventListener("change", fit);

/** On a phone, one pane is shown at a time. */
function show(pane) {
  document.body.dataset.pane = pane;
  for (const tab of all("[data-show]")) tab.setAttribute("aria-pressed", String(tab.dataset.show === pane));
}
onClick("[data-show]", (tab) => show(tab.dataset.show));

/** Round-trip times change without any news: while the page is seen, its members are asked for again. */
const BEAT = 10_000;
/** Links to bytes work for twelve hours: long before, the list and its head are asked for again. */
const FRESH = 6 * 3_600_000;
let freshened = Date.now();
function renew() {
  freshened = Date.now();
  freshen();
  if (!find(".folder-head a[download]")) return;
  const target = ".folder-head";
  window.htmx.ajax("GET", location.pathname + location.search, { target, select: target, swap: "outerMorph" });
}
function beat() {
  if (document.visibilityState === "visible" && Date.now() - freshened > FRESH) renew();
  if (document.visibilityState === "visible" && find("#offline")?.hidden && find("#members"))
    tell(find("#members"), "beat");
}
setInterval(beat, BEAT);
on("visibilitychange", beat);
