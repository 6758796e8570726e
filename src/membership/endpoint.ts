import { isIPv4, isIPv6 } from "node:net";
import { type Endpoint, splitEndpoint } from "../shared/endpoint.ts";
import type { Address } from "./core/address.ts";

/** memberlist's port, taken where none is named. */
const GOSSIP_PORT = 7_946;

/** A gossip address as people write it; null for what is none, port 0 included. */
export function parseEndpoint(text: string): Endpoint | null {
  const read = splitEndpoint(text);
  return read === null || read.port === 0 ? null : { host: read.host, port: read.port ?? GOSSIP_PORT };
}

/** The 4 or 16 bytes of an IP address; a v4-mapped one becomes 4. null for a host name. */
export function hostBytes(host: string): Uint8Array | null {
  if (isIPv4(host)) return Uint8Array.from(host.split("."), Number);
  const plain = host.split("%")[0] ?? "";
  if (!isIPv6(plain)) return null;
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const text = v4 === null ? plain : `${v4[1]}${pair(v4[2], v4[3])}:${pair(v4[4], v4[5])}`;
  const [head = "", tail] = text.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

function pair(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** An IP address as text; a v4-mapped one as IPv4. */
export function hostText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return bytes.subarray(12).join(".");
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  const full = groups.join(":");
  const [longest] = [...full.matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  if (longest === undefined) return full;
  const { index, 0: zeros } = longest;
  return `${full.slice(0, index)}::${full.slice(index + zeros.length)}`.replace(/:{3,}/, "::");
}

/** Whether listening there means on every address. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

export function isLoopback(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return isMapped(bytes) ? bytes[12] === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff));
}

export function toEndpoint({ host, port }: Address): Endpoint {
  return { host: hostText(host), port };
}
