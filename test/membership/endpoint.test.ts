import assert from "node:assert/strict";
import { test } from "node:test";
import { hostBytes, hostText, isLoopback, parseEndpoint } from "../../src/membership/endpoint.ts";
import { toHex } from "../../src/shared/hex.ts";

test("seeds are read with and without a port, in IPv4, IPv6 and by name", () => {
  for (const [text, host, port] of [
    ["10.0.0.5", "10.0.0.5", 7_946],
    ["10.0.0.5:80", "10.0.0.5", 80],
    ["nas.local:9000", "nas.local", 9_000],
    ["fe80::1", "fe80::1", 7_946],
    ["[fe80::1]", "fe80::1", 7_946],
    ["[2001:db8::7]:80", "2001:db8::7", 80],
  ] as const) {
    assert.deepEqual(parseEndpoint(text), { host, port });
  }
  for (const text of ["", ":80", "host:", "host:0", "host:65536", "a b", "[nas]:80", "http://nas", "1:2:3"]) {
    assert.equal(parseEndpoint(text), null, text);
  }
});

test("addresses become bytes and text again", () => {
  for (const [text, hex, back] of [
    ["192.168.1.20", "c0a80114", "192.168.1.20"],
    ["::ffff:192.168.1.20", "c0a80114", "192.168.1.20"],
    ["::1", `${"00".repeat(15)}01`, "::1"],
    ["::", "00".repeat(16), "::"],
    ["2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329", "2001:db8::ff00:42:8329"],
    ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006", "2001:db8:1:2:3:4:5:6"],
    ["fe80::1%eth0", "fe800000000000000000000000000001", "fe80::1"],
    ["64:ff9b::10.0.0.1", "0064ff9b00000000000000000a000001", "64:ff9b::a00:1"],
  ] as const) {
    const bytes = hostBytes(text);
    assert.equal(bytes === null ? null : toHex(bytes), hex);
    assert.equal(hostText(bytes ?? new Uint8Array(16)), back);
  }
  assert.equal(hostBytes("nas.local"), null);
});

test("a v4-mapped address of another member is shown as IPv4", () => {
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 9);
  assert.equal(hostText(mapped), "127.0.0.9");
  assert.equal(isLoopback(mapped), true);
  assert.equal(isLoopback(Uint8Array.of(10, 0, 0, 1)), false);
  assert.equal(isLoopback(hostBytes("::1") ?? mapped), true);
  assert.equal(isLoopback(hostBytes("::2") ?? mapped), false);
});
