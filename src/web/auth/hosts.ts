import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import type { Env, WebOptions } from "../context.ts";

type Names = Pick<WebOptions, "hosts" | "origin">;

/**
 * Refuses requests that were sent to a name that is not ours: a web site can let its own name point at this
 * machine (DNS rebinding) and would then share our origin. An IP address is no name that anybody could let point here.
 */
export function knownHost(options: Names): MiddlewareHandler<Env> {
  return async function knownHost(c, next) {
    const host = c.req.header("host")?.toLowerCase();
    if (host === undefined || !isKnown(host, options)) {
      const name = (host ?? "").slice(0, 255);
      throw new GroupShareError("denied", `Cannot answer under the name "${name}": it is not a name of this page`, {
        hint: `open ${options.origin()}, or start it with --ui-name and the name`,
      });
    }
    await next();
  };
}

function isKnown(host: string, options: Names): boolean {
  const origin = new URL(options.origin());
  if (host === origin.host || options.hosts.some((known) => host === withPort(known.toLowerCase(), origin.port))) {
    return true;
  }
  const ending = origin.port === "" ? "" : `:${origin.port}`;
  if (!host.endsWith(ending)) return false;
  const name = host.slice(0, host.length - ending.length);
  return isIP(name) === 4 || (/^\[.*\]$/.test(name) && isIP(name.slice(1, -1)) === 6);
}

/** A name as the Host header says it: with the page's port unless it has its own, an IPv6 address in brackets. */
function withPort(known: string, port: string): string {
  const bare = !known.startsWith("[") && known.split(":").length > 2;
  if (!bare && /:\d+$/.test(known)) return known;
  return (bare ? `[${known}]` : known) + (port === "" ? "" : `:${port}`);
}
