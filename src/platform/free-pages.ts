/**
 * Gives the system back the pages of the C library in which nothing is (malloc_trim(3)): some milliseconds. glibc does
 * that by itself only at an arena's end. Does nothing where it is another library, or where Node cannot call it: `node:ffi`
 * is new in Node 26 and may still change.
 */
export function freePages(): void {
  try {
    library ??= glibc();
    library?.functions.malloc_trim(0n);
  } catch {
    // Then there is a little less for others.
  }
}

let library: ReturnType<typeof glibc> = null;

function glibc() {
  if (process.platform !== "linux") return null;
  const { emitWarning } = process;
  // That it is experimental is no news for whoever reads the log.
  process.emitWarning = () => undefined;
  try {
    const ffi = process.getBuiltinModule("node:ffi") as typeof import("node:ffi") | undefined;
    return ffi?.dlopen("libc.so.6", { malloc_trim: { arguments: ["u64"], return: "i32" } }) ?? null;
  } finally {
    process.emitWarning = emitWarning;
  }
}
