import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

/** Bytes of each of the two buffers that a long body is read into, in turns. */
const BUFFER = 1 << 20;

type Head = (length?: { readonly "content-length": number }) => void;
type Read = ReadableStreamReadResult<Uint8Array>;

/** A body that is read piece by piece; a piece is good until `next` is called for the second time after it. */
interface Source {
  next(): Promise<Read>;
  cancel(): void;
}

/**
 * Sends an answer with a body, and returns what is then left for @hono/node-server to do: nothing, or all where there is no
 * body. Head and first piece go out together. A body that fails, or has not the length that was told, is cut off with its
 * connection: the library would have sent the error's words as if they were the next bytes. `failed` hears why.
 * One whose length is told and that is a stream of bytes is read into the same two buffers again and again: a new one for
 * each piece has the garbage collector take a third of the time.
 */
export async function send(
  response: Response,
  outgoing: ServerResponse,
  failed: (thrown: unknown) => void = () => undefined,
): Promise<Response> {
  const { body, headers, status } = response;
  if (body === null) return response;
  const told = headers.get("content-length");
  const source = told === null ? readOf(body.getReader()) : measured(body, Number(told));
  const out = new Outlet(outgoing, () => source.cancel());
  try {
    if (out.gone) return RESPONSE_ALREADY_SENT;
    const head: Head = (length) => outgoing.writeHead(status, { ...headersOf(headers), ...length });
    if (told === null) await sendOpen(source, out, head);
    else await sendMeasured(source, out, Number(told), head);
  } catch (thrown) {
    if (out.gone) return RESPONSE_ALREADY_SENT;
    failed(thrown);
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(500, { "content-length": "0" }).end();
  } finally {
    source.cancel();
  }
  return RESPONSE_ALREADY_SENT;
}

async function sendMeasured(source: Source, out: Outlet, length: number, head: Head): Promise<void> {
  let left = length;
  let begun = false;
  let next = left > 0 ? source.next() : null;
  while (next !== null) {
    const { done, value }: Read = await next;
    if (out.gone) return;
    if (done) throw new Error(`${left} bytes less than were told`);
    left -= value.length;
    if (left < 0) throw new Error("more bytes than were told");
    if (!begun) head();
    begun = true;
    if (left === 0) return out.end(value);
    // The next piece is read while this one goes out.
    next = source.next();
    next.catch(() => undefined);
    await out.write(value);
  }
  head();
  out.end();
}

/** A body of unknown length: of one that is all there at once it is told, and for what comes later the head does not wait. */
async function sendOpen(source: Source, out: Outlet, head: Head): Promise<void> {
  let next = source.next();
  const first = await soon(next);
  if (first?.done === false) {
    next = source.next();
    next.catch(() => undefined);
    if ((await soon(next))?.done === true) {
      head({ "content-length": first.value.length });
      return out.end(first.value);
    }
  }
  if (out.gone) return;
  head();
  if (first === null) out.flush();
  else if (!first.done) await out.write(first.value);
  for (;;) {
    const { done, value } = await next;
    if (out.gone) return;
    if (done) return out.end();
    next = source.next();
    next.catch(() => undefined);
    await out.write(value);
  }
}

/** What a promise has become by the next turn of the event loop; null where it still waits. */
async function soon<T>(promise: Promise<T>): Promise<T | null> {
  let immediate: NodeJS.Immediate | undefined;
  const turn = new Promise<null>((resolve) => {
    immediate = setImmediate(() => resolve(null));
  });
  try {
    return await Promise.race([promise, turn]);
  } finally {
    clearImmediate(immediate);
  }
}

/** Where an answer's bytes go; `over` is called when nobody takes them any more. */
class Outlet {
  gone: boolean;
  readonly #outgoing: ServerResponse;
  #wake = (): void => undefined;

  constructor(outgoing: ServerResponse, over: () => void) {
    this.#outgoing = outgoing;
    // Whoever asked may have gone before the answer came.
    this.gone = outgoing.destroyed;
    outgoing.once("close", () => {
      this.gone = true;
      over();
      this.#wake();
    });
  }

  /** Resolves when all of it is with the system, or there is nobody to take it. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.gone) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#outgoing.write(bytes, (failed) => {
        if (failed) this.gone = true;
        resolve();
      });
    });
  }

  end(bytes?: Uint8Array): void {
    if (this.gone) return;
    if (bytes === undefined) this.#outgoing.end();
    else this.#outgoing.end(bytes);
  }

  flush(): void {
    this.#outgoing.flushHeaders();
  }
}

/** One that is read into buffers of ours where it can be. */
function measured(body: ReadableStream<Uint8Array>, length: number): Source {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return readOf(body.getReader());
  }
  // Given out and read into: each is the other's place when it comes back.
  let [free, last] = [null, null] as (ArrayBuffer | null)[];
  const take = (): ArrayBuffer => {
    const buffer = free ?? new ArrayBuffer(Math.min(BUFFER, length));
    free = null;
    return buffer;
  };
  return {
    async next() {
      const read = await reader.read(new Uint8Array(take()));
      free = last;
      last = read.value?.buffer ?? null;
      return read as Read;
    },
    cancel: () => void reader.cancel().catch(() => undefined),
  };
}

function readOf(reader: ReadableStreamDefaultReader<Uint8Array>): Source {
  return { next: () => reader.read(), cancel: () => void reader.cancel().catch(() => undefined) };
}

function headersOf(headers: Headers): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) all["set-cookie"] = cookies;
  return all;
}
