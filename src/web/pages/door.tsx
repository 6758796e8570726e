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
  return (
    <Document web={web} title="GroupShare" {...(again ? { scripts: "door" as const } : {})}>
      <body class="plain">
        {web.password === null ? <LinkOnly web={web} /> : <LogIn web={web} clear={clear} error={error} />}
      </body>
    </Document>
  );
}

interface DoorProps {
  readonly web: Web;
  readonly clear: boolean;
  readonly error: string | undefined;
  readonly again: boolean;
}

function LinkOnly({ web }: { web: Web }) {
  return (
    <main class="card">
      <Icon web={web} name="mark" />
      <h1>This page belongs to one person</h1>
      <p>
        GroupShare is running here, but this browser is not logged in. A link to this page works only once. For a new
        one, open a terminal on the computer that runs GroupShare and type
      </p>
      <p>
        <code>groupshare open</code>
      </p>
    </main>
  );
}

function LogIn({ web, clear, error }: { web: Web; clear: boolean; error: string | undefined }) {
  return (
    <main class="card">
      <Icon web={web} name="mark" />
      <h1>Log in to GroupShare</h1>
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
    </main>
  );
}

/** On the way in, for a moment. With a token, its script keeps that for the page before it goes on. */
export function Welcome({ web, token }: { web: Web; token?: string | undefined }) {
  const onward = token === undefined ? { refresh: "/" } : { scripts: "enter" as const, token };
  return (
    <Document web={web} title="GroupShare" {...onward}>
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>Opening GroupShare</h1>
          <NeedsScript />
          <p id="not-kept" hidden>
            This browser is set to keep nothing for this page, which therefore cannot know you again. Allow it to keep
            site data, then open a new link.
          </p>
          <p>
            <a class="button" href="/">
              Go on
            </a>
          </p>
        </main>
      </body>
    </Document>
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
    <Document web={web} title="That did not work – GroupShare">
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>That did not work</h1>
          <p>
            <bdi>{visible(error.message)}</bdi>.
          </p>
          {error.hint === undefined ? null : <p class="hint">{capital(visible(error.hint))}.</p>}
          <p>
            <a class="button" href="/">
              To the files
            </a>
          </p>
        </main>
      </body>
    </Document>
  );
}

/** For an address where there is nothing. */
export function Nowhere({ web }: { web: Web }) {
  return (
    <Document web={web} title="Not found – GroupShare">
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>There is nothing at this address</h1>
          <p>
            <a class="button" href="/">
              To the files
            </a>
          </p>
        </main>
      </body>
    </Document>
  );
}
