import type { Child } from "hono/jsx";
import type { GroupShareError } from "../../shared/errors.ts";
import { LONGEST_PASSWORD } from "../auth/password.ts";
import type { Web } from "../context.ts";
import { Document } from "./document.tsx";
import { capital } from "./format.ts";
import { Icon } from "./parts.tsx";
import { visible } from "./visible.ts";

/**
 * For a browser that was not let in: how to get in. `clear` where the password would go over a network in clear, `error`
 * where it was tried in vain, `again` where it may be let in all the same.
 */
export function Door({ web, clear, error, again }: DoorProps) {
  const scripts = again ? { scripts: "door" as const } : {};
  return web.password === null ? (
    <Card web={web} heading="This page belongs to one person" {...scripts}>
      <LinkOnly />
    </Card>
  ) : (
    <Card web={web} heading="Log in to GroupShare" {...scripts}>
      <LogIn web={web} clear={clear} error={error} />
    </Card>
  );
}

interface DoorProps {
  readonly web: Web;
  readonly clear: boolean;
  readonly error: string | undefined;
  readonly again: boolean;
}

function LinkOnly() {
  return (
    <>
      <p>
        GroupShare is running here, but this browser is not logged in. A link to this page works only once. For a new
        one, open a terminal on the computer that runs GroupShare and type
      </p>
      <p>
        <code>groupshare open</code>
      </p>
    </>
  );
}

function LogIn({ web, clear, error }: { web: Web; clear: boolean; error: string | undefined }) {
  return (
    <>
      <form class="login" method="post" action="/login">
        {/* So that browsers know whose password they keep. */}
        <input type="text" name="username" value="GroupShare" autocomplete="username" hidden />
        <div class="field">
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            required
            maxlength={LONGEST_PASSWORD}
            autocomplete="current-password"
            autofocus
            {...(error === undefined ? {} : { "aria-invalid": "true", "aria-describedby": "login-error" })}
          />
        </div>
        {error === undefined ? null : (
          <p id="login-error" class="notice error" role="alert">
            <Icon web={web} name="warning" />
            <span class="notice-text">{error}</span>
          </p>
        )}
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
      {clear ? (
        <p class="notice caution">
          <Icon web={web} name="warning" />
          <span class="notice-text">
            This connection is not encrypted: others on the network can read the password and take over this page. Log
            in only on a network that you trust.
          </span>
        </p>
      ) : null}
      <p class="hint">
        It is the one in the password file that GroupShare was started with. On the computer that runs it,{" "}
        <code>groupshare open</code> opens this page without it.
      </p>
    </>
  );
}

/** On the way in, for a moment. With a token, its script keeps that for the page before it goes on. */
export function Welcome({ web, token }: { web: Web; token?: string | undefined }) {
  const onward = token === undefined ? { refresh: "/" } : { scripts: "enter" as const, token };
  return (
    <Card web={web} heading="Opening GroupShare" onward="Go on" {...onward}>
      <NeedsScript />
      <p id="not-kept" hidden>
        This browser is set to keep nothing for this page, which therefore cannot know you again. Allow it to keep site
        data, then open a new link.
      </p>
    </Card>
  );
}

/** Where the browser runs no script. */
export function NeedsScript() {
  return (
    <noscript>
      <p>
        GroupShare's page needs JavaScript, by which it proves that it is yours and not another program's on this
        computer. Allow it in this browser, then load the page again.
      </p>
    </noscript>
  );
}

/** For an address that a person opened in vain: what failed, and what to do. */
export function Failed({ web, error }: { web: Web; error: GroupShareError }) {
  return (
    <Card web={web} title="That did not work – GroupShare" heading="That did not work" onward="To the files">
      <p>
        <bdi>{visible(error.message)}</bdi>.
      </p>
      {error.hint === undefined ? null : <p class="hint">{capital(visible(error.hint))}.</p>}
    </Card>
  );
}

/** For an address where there is nothing. */
export function Nowhere({ web }: { web: Web }) {
  return (
    <Card web={web} title="Not found – GroupShare" heading="There is nothing at this address" onward="To the files" />
  );
}

interface CardProps {
  readonly web: Web;
  readonly title?: string;
  readonly heading: string;
  /** What the link to the page itself says, where there is one. */
  readonly onward?: string;
  readonly scripts?: "door" | "enter";
  readonly refresh?: string;
  readonly token?: string;
  readonly children?: Child;
}

/** A page that says one thing. */
function Card({ web, title = "GroupShare", heading, onward, children, ...document }: CardProps) {
  return (
    <Document web={web} title={title} {...document}>
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>{heading}</h1>
          {children}
          {onward === undefined ? null : (
            <p>
              <a class="button" href="/">
                {onward}
              </a>
            </p>
          )}
        </main>
      </body>
    </Document>
  );
}
