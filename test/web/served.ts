import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { systemClock } from "../../src/shared/clock.ts";
import { type Log, silentLog } from "../../src/shared/log.ts";
import { createWeb, type WebOptions } from "../../src/web/mod.ts";
import { FakeNeeds } from "./fake.ts";
import { assets, TOKEN } from "./site.ts";

/** The page over a fake group, served on a free port of this computer. */
export async function served(log: Log = silentLog, more: Partial<WebOptions> = {}) {
  const needs = new FakeNeeds();
  const at = { port: 0 };
  const { app, loginLink } = createWeb({
    needs,
    assets,
    origin: () => `http://127.0.0.1:${at.port}`,
    apiToken: TOKEN,
    hosts: ["127.0.0.1", "localhost"],
    log,
    clock: systemClock,
    ...more,
  });
  const listen = (port: number) =>
    new Promise<ReturnType<typeof serve>>((resolve) => {
      const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port, overrideGlobalObjects: false }, () =>
        resolve(server),
      );
    });
  let server = await listen(0);
  at.port = (server.address() as AddressInfo).port;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  return {
    needs,
    loginLink,
    origin: () => `http://127.0.0.1:${at.port}`,
    close,
    /** Listens again on the same port after `close`. */
    async reopen() {
      server = await listen(at.port);
    },
  };
}
