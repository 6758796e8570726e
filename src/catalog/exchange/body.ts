import type { Readable } from "node:stream";

interface Reading {
  /** Fires when the asker is gone. */
  readonly signal: AbortSignal;
  /** Milliseconds after which it is given up. */
  readonly longest: number;
  /** It is given up as well where fewer bytes than these are fetched within so many milliseconds. */
  readonly least: { readonly bytes: number; readonly ms: number };
  /** Whether there is still room: others may have begun since this was promised. */
  begun(): boolean;
  /** Called once for each that has begun, however it ends. */
  ended(): void;
  /** Breaks the connection; null where the stream is to fail instead. */
  readonly cut: (() => void) | null;
}

/**
 * A body that is not begun before its first byte is asked for: an answer that nobody reads, such as that to a HEAD,
 * holds nothing.
 */
export function lazyBody(open: () => Readable, reading: Reading): ReadableStream<Uint8Array> {
  const { signal, cut } = reading;
  let begun: ReturnType<typeof begin> | null = null;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal.throwIfAborted();
          begun ??= begin(open, reading);
          const { done, value } = await begun.bytes.next();
          if (done === true) controller.close();
          else {
            begun.fetched.bytes += value.length;
            controller.enqueue(value);
          }
        } catch (thrown) {
          // A stream that fails makes @hono/node-server write the error's words into the answer and to the console.
          if (cut === null) controller.error(thrown);
          else cut();
        }
      },
      cancel: () => void begun?.source.destroy(),
    },
    { highWaterMark: 0 },
  );
}

function begin(open: () => Readable, { signal, longest, least, begun, ended, cut }: Reading) {
  if (!begun()) throw new Error("too many at once");
  const source = open();
  const fetched = { bytes: 0 };
  const stop = () => void source.destroy();
  const giveUp = (): void => {
    stop();
    cut?.();
  };
  const timer = setTimeout(giveUp, longest);
  const watch = setInterval(() => {
    if (fetched.bytes < least.bytes) giveUp();
    fetched.bytes = 0;
  }, least.ms);
  signal.addEventListener("abort", stop, { once: true });
  // An error is told to whoever reads; nobody may be reading any more.
  source.on("error", () => undefined);
  source.once("close", () => {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener("abort", stop);
    ended();
  });
  return { source, fetched, bytes: source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> };
}
