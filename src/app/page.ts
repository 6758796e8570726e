import { loadAsset } from "../platform/assets.ts";
import { systemClock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import { GroupShareError } from "../shared/errors.ts";
import { type HttpServer, listen } from "../shared/http-server.ts";
import { createWeb } from "../web/mod.ts";
import { needsOf } from "./needs.ts";
import type { GroupShareNode } from "./node.ts";
import type { ListenAt } from "./options.ts";
import { openAtFreePort } from "./ports.ts";

/** The page and the API, being served. */
export interface PagePort {
  /** `http://host:port` */
  readonly origin: string;
  /** A link that opens the page once. */
  loginLink(): string;
  close(): Promise<void>;
}

/** Serves the node's page at an endpoint. `onLeft` is called when its person had it leave the group. */
export async function servePage(node: GroupShareNode, at: ListenAt, onLeft: () => void): Promise<PagePort> {
  if (!/^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(at.host)) {
    throw new GroupShareError(
      "usage",
      `Cannot serve the page at "${at.host}": it would be open to the network without a password`,
      {
        hint: "use an address of this machine alone, such as --ui 127.0.0.1:7380, and reach it through ssh -L",
      },
    );
  }
  let server: HttpServer | null = null;
  const origin = () => `http://${endpointText({ host: at.host, port: server?.port ?? at.port })}`;
  const web = createWeb({
    needs: needsOf(node, onLeft),
    assets: loadAsset,
    origin,
    apiToken: node.apiToken,
    hosts: [at.host, "localhost", "127.0.0.1"],
    log: node.log,
    clock: systemClock,
  });
  server = await openAtFreePort(at, 1, (free) => listen(web.app.fetch, free, "the page (--ui)"));
  return { origin: origin(), loginLink: () => web.loginLink(), close: server.close };
}
