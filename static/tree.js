import { all, find, on, onClick, tell } from "./dom.js";

// The tree (ARIA APG, "navigation treeview").

const tree = () => find("#tree");
const groupOf = (item) => find(":scope > [role=group]", item.parentElement);
const parentOf = (item) => item.closest("[role=group]")?.parentElement.firstElementChild;
const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
const isShown = (item) => {
  for (let above = parentOf(item); above; above = parentOf(above)) if (!isOpen(above)) return false;
  return true;
};
const items = () => all("[role=treeitem]", tree()).filter(isShown);
let reveal = false;

function stopAt(item) {
  for (const other of all('[role=treeitem][tabindex="0"]', tree())) other.tabIndex = -1;
  item.tabIndex = 0;
}
function go(item) {
  if (!item) return;
  stopAt(item);
  item.focus();
  item.scrollIntoView({ block: "nearest" });
}
function open(item, wanted) {
  if (!item.hasAttribute("aria-expanded") || isOpen(item) === wanted) return;
  item.setAttribute("aria-expanded", String(wanted));
  if (wanted && !groupOf(item)) {
    item.setAttribute("aria-busy", "true");
    tell(tree(), "grow");
  }
}

const KEYS = {
  ArrowDown: (item, list) => go(list[list.indexOf(item) + 1]),
  ArrowUp: (item, list) => go(list[list.indexOf(item) - 1]),
  Home: (_item, list) => go(list[0]),
  End: (_item, list) => go(list.at(-1)),
  ArrowRight: (item) => (isOpen(item) ? go(groupOf(item) && find("[role=treeitem]", groupOf(item))) : open(item, true)),
  ArrowLeft: (item) => (isOpen(item) ? open(item, false) : go(parentOf(item))),
  " ": (item) => item.click(),
};
on("keydown", (event) => {
  const item = event.target.closest?.("[role=treeitem]");
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key](item, items());
  } else if (/^\S$/u.test(event.key)) {
    const list = items();
    const from = list.indexOf(item) + 1;
    const wanted = event.key.toLocaleLowerCase();
    go([...list.slice(from), ...list.slice(0, from)].find((other) => nameOf(other).startsWith(wanted)));
  }
});
const nameOf = (item) => find(".name", item)?.textContent.toLocaleLowerCase() ?? "";

onClick("[role=treeitem]", stopAt);
// Before htmx hears of the click, which would follow the link.
document.addEventListener(
  "click",
  (event) => {
    const item = event.target.closest?.(".twisty")?.closest("[aria-expanded]");
    if (!item) return;
    event.preventDefault();
    event.stopPropagation();
    stopAt(item);
    item.focus({ preventScroll: true });
    open(item, !isOpen(item));
  },
  true,
);

on("htmx:config:request", ({ target, detail }) => {
  if (target !== tree()) return;
  const { body } = detail.ctx.request;
  for (const item of all('[aria-expanded="true"]', tree())) body.append("open", item.dataset.path);
  body.append("shown", shownPath());
  if (reveal) body.append("reveal", "");
  reveal = false;
});

export function treeChanged() {
  const focused = document.activeElement?.closest?.("[role=treeitem]");
  if (focused && tree().contains(focused)) stopAt(focused);
}

export const shownPath = () => find(".folder")?.dataset.path ?? "";

/** Shows in the tree where the file list now is, opening the way there. */
export function arrived() {
  const path = shownPath();
  const top = path === "@all" || path.startsWith("@all/") ? "@all" : "";
  let found = path === top;
  for (const item of all("[role=treeitem][data-path]", tree())) {
    const here = item.dataset.path === path;
    if (here) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
    if (here && isShown(item)) found = true;
    if (here && !tree().contains(document.activeElement)) stopAt(item);
  }
  if (found && find(".tree").dataset.top === top) return;
  reveal = !found;
  tell(tree(), "grow");
}
