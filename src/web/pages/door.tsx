import type { Web } from "../context.ts";
import { Document } from "./document.tsx";
import { Icon } from "./parts.tsx";

/** For a browser that was not let in: how to get in. */
export function Door({ web }: { web: Web }) {
  return (
    <Document web={web} title="GroupShare">
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>This page belongs to one person</h1>
          <p>
            GroupShare is running here, but this browser has not been let in. If you came by a link: this link was used
            already, or GroupShare was restarted. On the computer that runs it, open a terminal and type
          </p>
          <p>
            <code>groupshare open</code>
          </p>
          <p>It opens this page with a link that works once.</p>
        </main>
      </body>
    </Document>
  );
}

/** On the way in, for a moment. */
export function Welcome({ web }: { web: Web }) {
  return (
    <Document web={web} title="GroupShare" refresh="/">
      <body class="plain">
        <main class="card">
          <Icon web={web} name="mark" />
          <h1>Opening GroupShare</h1>
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
