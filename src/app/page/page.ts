import { loadAsset } from "../../platform/assets.ts";
import { systemClock } from "../../shared/clock.ts";
import { CEILINGS } from "../../shared/connection-guard.ts";
import { endpointText } from "../../shared/endpoint.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { type HttpServer, listen } from "../../shared/http-server.ts";
import { createWeb, Sessions } from "../../web/mod.ts";
import { dataDirAt } from "../data-dir.ts";
import { needsOf } from "../needs.ts";
import type { GroupShareNode } from "../node.ts";
import type { ListenAt } from "../options.ts";
import { openAtFreePort } from "../ports.ts";
import { PageCertificate } from "./certificate.ts";
import { isLoopback, pageNames, reachable } from "./names.ts";
import { loadPassword } from "./password.ts";

/** The page and the API, being served. */
export interface PagePort {
  /** Where people find it, such as `http://127.0.0.1:7380`. */
  readonly origin: string;
  /** Where programs of this machine find it: always in clear, since a certificate is for the name that people use. */
  readonly local: string;
  /** A link that opens the page once. */
  loginLink(): string;
  close(): Promise<void>;
}

/** Serves the node's page at an endpoint. `onLeft` is called when its person had it leave the group. */
export async function servePage(node: GroupShareNode, at: ListenAt, onLeft: () => void): Promise<PagePort> {
  const { passwordFile, uiTls, uiNames, dataDir } = node.options;
  const isOpen = !isLoopback(at.host);
  if (isOpen && passwordFile === null) throw withoutPassword(at.host);
  const sessions = await Sessions.open(dataDirAt(dataDir).sessions, systemClock, node.log);
  const password = await loadPassword(passwordFile, sessions, node.log);
  const certificate = uiTls === null ? null : await PageCertificate.open(uiTls, node.log);
  const hosts = pageNames(uiNames);
  const here = reachable(at.host);
  const host = certificate?.names([...(isOpen ? hosts : [...uiNames, "localhost"]), here]) ?? here;
  let server: HttpServer | null = null;
  const origin = () => {
    const authority = endpointText({ host, port: server?.port ?? at.port });
    return new URL(`${certificate === null ? "http" : "https"}://${authority}`).origin;
  };
  const web = createWeb({
    needs: needsOf(node, onLeft),
    assets: loadAsset,
    origin,
    apiToken: node.apiToken,
    hosts,
    sessions,
    password,
    log: node.log,
    clock: systemClock,
  });
  const tls = certificate === null ? {} : { tls: certificate.files };
  const page = await openAtFreePort(at, 1, (free) => listen(web.app.fetch, free, "the page (--ui)", tls));
  server = page;
  certificate?.watch((files) => page.secure(files));
  const local = certificate === null ? null : await listenLocally(web.app.fetch, hosts);
  if (isOpen && certificate === null) {
    node.log.warn("The page is open to the network without TLS: others there can read its password and take it over", {
      hint: "give it a certificate with --ui-cert and --ui-key, or serve it on 127.0.0.1 and use ssh -L",
    });
  }
  return {
    origin: origin(),
    local: local === null ? origin() : `http://127.0.0.1:${local.port}`,
    loginLink: () => web.loginLink(),
    async close() {
      await certificate?.close();
      await Promise.all([page.close(), local?.close()]);
      await sessions.settled();
    },
  };
}

/** A port for the commands of this machine, which have the API token; the page's cookies are not for it. */
async function listenLocally(fetch: Parameters<typeof listen>[0], hosts: string[]): Promise<HttpServer> {
  const server = await listen(fetch, { host: "127.0.0.1", port: 0 }, "commands", { ceilings: CEILINGS.commands });
  hosts.push(`127.0.0.1:${server.port}`);
  return server;
}

function withoutPassword(host: string): GroupShareError {
  return new GroupShareError(
    "usage",
    `Cannot serve the page at "${host}": it would be open to the network without a password`,
    {
      hint: "write a password into a file and name it with --password-file, or use --ui 127.0.0.1:7380 and ssh -L",
    },
  );
}
