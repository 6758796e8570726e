import type { Readable } from "node:stream";

interface Reading {
  /** Fires when the asker is gone. */
  readonly signal: AbortSignal;
  /** Milliseconds after which it is given up. */
  readonly longest: number;
  begun(): void;
  /** Called once for each `begun`, however it ends. */
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
  let begun: { readonly source: Readable; readonly bytes: AsyncIterator<Uint8Array> } | null = null;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal.throwIfAborted();
          begun ??= begin(open, reading);
          const { done, value } = await begun.bytes.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
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

function begin(open: () => Readable, { signal, longest, begun, ended, cut }: Reading) {
  const source = open();
  const stop = () => void source.destroy();
  const timer = setTimeout(() => {
    stop();
    cut?.();
  }, longest);
  signal.addEventListener("abort", stop, { once: true });
  // An error is told to whoever reads; nobody may be reading any more.
  source.on("error", () => undefined);
  source.once("close", () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    ended();
  });
  begun();
  return { source, bytes: source[Symbol.asyncIterator]() };
}
