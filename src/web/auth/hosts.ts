import type { MiddlewareHandler } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import type { Env, WebOptions } from "../context.ts";

/**
 * Refuses requests that were sent to a name that is not ours: a web site can let its own name point at this
 * machine (DNS rebinding) and would then share our origin.
 */
export function knownHost(options: Pick<WebOptions, "hosts" | "origin">): MiddlewareHandler<Env> {
  return async function knownHost(c, next) {
    const host = c.req.header("host")?.toLowerCase();
    if (host === undefined || !isKnown(host, options)) {
      throw new GroupShareError(
        "denied",
        `Cannot answer under the name "${host ?? ""}": it is not a name of this page`,
        {
          hint: `open ${options.origin()}`,
        },
      );
    }
    await next();
  };
}

function isKnown(host: string, options: Pick<WebOptions, "hosts" | "origin">): boolean {
  const origin = new URL(options.origin());
  return host === origin.host || options.hosts.some((known) => host === withPort(known.toLowerCase(), origin.port));
}

/** A name as the Host header says it: with the page's port unless it has its own, an IPv6 address in brackets. */
function withPort(known: string, port: string): string {
  const bare = !known.startsWith("[") && known.split(":").length > 2;
  if (!bare && /:\d+$/.test(known)) return known;
  return (bare ? `[${known}]` : known) + (port === "" ? "" : `:${port}`);
}
