import { isIPv6 } from "node:net";

/** Where something listens, as people and sockets write it. */
export interface Endpoint {
  /** An IP address as text, or a host name. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 address; port null where none is named, null for anything else. */
export function splitEndpoint(text: string): { host: string; port: number | null } | null {
  const line = text.trim();
  if (isIPv6(line)) return { host: line, port: null };
  const match = /^(?:\[([^\]]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/.exec(line);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? null : Number(match[3]);
  if (host === undefined || (port ?? 0) > 65_535) return null;
  return match?.[1] !== undefined && !isIPv6(host) ? null : { host, port };
}
