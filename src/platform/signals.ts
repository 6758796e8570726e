/** Calls `stop` at the first Ctrl-C or SIGTERM, and ends the process at the second. Returns how to stop listening. */
export function onStopSignal(stop: (signal: string) => void): () => void {
  let asked = false;
  const heard = (signal: string) => {
    if (asked) process.exit(1);
    asked = true;
    stop(signal);
  };
  const signals = process.platform === "win32" ? (["SIGINT", "SIGBREAK"] as const) : (["SIGINT", "SIGTERM"] as const);
  const listeners = signals.map((signal) => [signal, () => heard(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
