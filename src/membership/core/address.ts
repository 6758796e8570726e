/**
 * Where a member's gossip port is. `host` is 4 or 16 raw bytes and is kept as it came: memberlist compares addresses
 * byte by byte, so a v4-mapped one must not be shortened before it is passed on (SWIM-WIRE §2.1).
 */
export interface Address {
  readonly host: Uint8Array;
  readonly port: number;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && sameBytes(a.host, b.host);
}

/** Whether both lead to one place, be one of them written as IPv4 and the other as IPv6. */
export function samePlace(a: Address, b: Address): boolean {
  return a.port === b.port && sameBytes(unmapped(a.host), unmapped(b.host));
}

function unmapped(host: Uint8Array): Uint8Array {
  const isMapped = host.length === 16 && host.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff));
  return isMapped ? host.subarray(12) : host;
}
