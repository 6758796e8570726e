import { BlockList, isIP } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type { Env } from "../context.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** The IP address that a request came from, IPv4 ones never in IPv6's clothes; "" where there is no connection. */
export function addressOf(c: Context<Env>): string {
  const bindings = c.env as object | undefined;
  if (bindings === undefined || !("incoming" in bindings || "server" in bindings)) return "";
  const address = getConnInfo(c).remote.address ?? "";
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Whether an address is this machine's own to itself, so that nobody else can listen in. */
export function isOwn(address: string): boolean {
  const kind = isIP(address);
  return kind !== 0 && LOOPBACK.check(address, kind === 6 ? "ipv6" : "ipv4");
}
