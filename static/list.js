import { all, find, on, onClick, tell } from "./dom.js";

// The file list.

const inSight = new Set();
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target);
    else inSight.delete(target);
    if (isIntersecting && "stale" in target.dataset) fetchAnew(target);
  }
});

export function watch() {
  for (const page of inSight) if (!page.isConnected) inSight.delete(page);
  for (const page of all(".page[data-next]")) sight.observe(page);
}

function fetchAnew(page) {
  delete page.dataset.stale;
  tell(page, "stale");
}

export function freshen() {
  for (const page of all(".page[data-next]")) {
    if (inSight.has(page)) fetchAnew(page);
    else page.dataset.stale = "";
  }
}
document.body.addEventListener("refresh", freshen);

/** Where a part of the list now ends elsewhere, those behind it are wrong: they are fetched again when scrolled to. */
export function mend() {
  const pages = all(".page[data-next]");
  const wrong = pages.findIndex((page, at) => at > 0 && page.dataset.after !== pages[at - 1].dataset.next);
  if (wrong > 0) for (const page of pages.slice(wrong)) page.remove();
}

// What is selected.

let lastPicked;
const picks = () => all("#files .pick");

export function count() {
  const bar = find("#selection");
  if (!bar) return;
  const chosen = picks().filter((pick) => pick.checked).length;
  bar.hidden = chosen === 0;
  find("#selected").textContent = `${chosen} selected`;
}
export function select(checked) {
  for (const pick of picks()) pick.checked = checked;
  count();
}
on("change", ({ target }) => {
  if (target.matches?.(".pick")) count();
});
onClick(".pick", (pick, event) => {
  if (event.shiftKey && lastPicked?.isConnected) {
    const list = picks();
    const [from, to] = [list.indexOf(lastPicked), list.indexOf(pick)].sort((a, b) => a - b);
    for (const between of list.slice(from, to + 1)) between.checked = pick.checked;
    count();
  }
  lastPicked = pick;
});
onClick("[data-select]", (button) => select(button.dataset.select === "all"));

on("keydown", (event) => {
  const entry = event.target.closest?.("#files .entry");
  if (!entry || event.altKey || event.ctrlKey || event.metaKey) return;
  const entries = all("#files .entry");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  entries[entries.indexOf(entry) + step]?.focus();
});
