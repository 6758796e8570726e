import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Web } from "../context.ts";

/** In the order in which they give way to each other. */
const STYLES = [
  "app",
  "controls",
  "panes",
  "tree",
  "files",
  "search",
  "found",
  "versions",
  "transfers",
  "dialogs",
  "shares",
  "notices",
  "narrow",
  "phone",
];

interface DocumentProps {
  readonly web: Web;
  readonly title: string;
  /** All of the page's scripts, or only a small one. */
  readonly scripts?: "page" | "door" | "enter";
  readonly refresh?: string | undefined;
  /** For the script of a page that a browser is let in by. */
  readonly token?: string | undefined;
  readonly children: Child;
}

/** An HTML document with the page's style. */
export function Document(props: DocumentProps) {
  const { web, scripts, token } = props;
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          {props.refresh === undefined ? null : <meta http-equiv="refresh" content={`0; url=${props.refresh}`} />}
          <title>{props.title}</title>
          <link rel="icon" href={web.asset("favicon.svg")} type="image/svg+xml" />
          {STYLES.map((name) => (
            <link rel="stylesheet" href={web.asset(`${name}.css`)} />
          ))}
          {token === undefined ? null : <meta name="groupshare-token" content={token} />}
          {scripts === "page" ? <Scripts web={web} /> : null}
          {scripts === "door" || scripts === "enter" ? <script src={web.asset(`${scripts}.js`)} type="module" /> : null}
        </head>
        {props.children}
      </html>
    </>
  );
}

/**
 * The style of indicators is in app.css, since the policy forbids styles that scripts write. What somebody opened stays
 * open when a list is fetched anew.
 */
const HTMX = {
  morphIgnore: ["data-htmx-powered", "open"],
  includeIndicatorCSS: false,
  extensions: "sse",
  defaultTimeout: 120_000,
};

function Scripts({ web }: { web: Web }) {
  return (
    <>
      <meta name="htmx-config" content={JSON.stringify(HTMX)} />
      {/* Not deferred: htmx would begin before its extension is there. */}
      <script src={web.asset("htmx.min.js")} />
      <script src={web.asset("hx-sse.min.js")} />
      <script src={web.asset("app.js")} type="module" />
    </>
  );
}
