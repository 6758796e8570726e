/** Assets that come out of packages: their name in the page, and their file. */
export const LIBRARY_ASSETS: Readonly<Record<string, string>> = {
  "htmx.min.js": "node_modules/htmx.org/dist/htmx.min.js",
  "hx-sse.min.js": "node_modules/htmx.org/dist/ext/hx-sse.min.js",
};
