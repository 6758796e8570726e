import { all, find, on, onClick } from "./dom.js";
import { shownPath } from "./tree.js";

// The search above the files. htmx sends what is typed; here are the keys, the filters, and what keeps the form as the
// list is when that came by another way.

const form = () => find("#search");
const words = () => find("#q");
const filters = () => all("select.filter", form());
const isOn = () => find("#files .found") !== null;

on("htmx:config:request", ({ target, detail }) => {
  if (target === form()) detail.ctx.request.body.set("path", shownPath());
});

const search = () => form().requestSubmit();

function showFilters(shown) {
  find("#filters").setAttribute("aria-expanded", String(shown));
  find("#filter-fields").hidden = !shown;
}
function countFilters() {
  const count = filters().filter(({ value }) => value !== "").length;
  find("#filters-count").textContent = String(count);
  find("#filters-count").hidden = count === 0;
  return count;
}
onClick("#filters", (button) => showFilters(button.getAttribute("aria-expanded") !== "true"));
on("change", ({ target }) => {
  if (target.matches?.("select.filter")) countFilters();
});

function unfilter() {
  for (const filter of filters()) filter.value = "";
  find(".lacking input").checked = false;
  countFilters();
}
onClick("[data-unfilter]", () => {
  unfilter();
  search();
  words().focus();
});

/** The form says what the list shows, unless somebody is just typing into it. */
export function searched() {
  if (!form()) return;
  const shown = find("#files .folder");
  find(".lacking input").checked = shown !== null && "lacking" in shown.dataset;
  if (form().contains(document.activeElement)) return;
  const asked = isOn() ? new URLSearchParams(location.search) : new URLSearchParams();
  words().value = asked.get("q") ?? "";
  for (const filter of filters()) filter.value = asked.get(filter.name) ?? "";
  if (countFilters() === 0) showFilters(false);
}

/** Takes away the words, then the filters, then leads to the files. */
function clear() {
  if (words().value === "" && countFilters() === 0) return find("#files .entry")?.focus();
  if (words().value === "") for (const filter of filters()) filter.value = "";
  words().value = "";
  countFilters();
  search();
}

const isTyped = ({ target }) => target.closest?.("input, textarea, select, [contenteditable], dialog") != null;
on("keydown", (event) => {
  if (!form() || event.altKey || event.ctrlKey || event.metaKey || find("dialog[open]")) return;
  const inForm = form().contains(event.target);
  if (event.key === "/" && !isTyped(event)) {
    event.preventDefault();
    find('[data-show="files"]')?.click();
    words().focus();
    words().select();
  } else if (event.key === "Escape" && (inForm || (isOn() && event.target.closest?.("#files")))) {
    event.preventDefault();
    words().focus();
    clear();
  } else if (event.key === "ArrowDown" && event.target === words()) {
    event.preventDefault();
    find("#files .entry")?.focus();
  }
});
