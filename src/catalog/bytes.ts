/*
 * Hex of bytes that were checked before, some ten times as fast as `shared/hex` on runtimes with Buffer: roots are turned
 * around by the hundred thousand.
 */

export const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** The text must be well-formed hex. */
export const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, "hex");
