import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { type Header, serveFrom } from "../core/answer.ts";
import type { Journal, Place } from "../journal.ts";
import { lazyBody } from "./body.ts";
import { Seats } from "./seats.ts";
import { encodeHeader, FORMAT, frames } from "./wire.ts";

/** Bytes read and sent in one piece. */
const SPAN = 1 << 20;
/** An answer that is not fetched after so long is given up: a slow link takes the largest list in that time. */
const MAX_ANSWER_MS = 10 * 60_000;
/** Fewer bytes than these, within so many milliseconds, are those of one who only keeps others out. */
const LEAST = { bytes: 64 << 10, ms: 30_000 };
/** Answers that are being read, by all and by one member; each holds a file open and up to a few MiB. */
const MOST = { all: 32, ofOne: 4 };

/** A list that can be handed on: its journal, and how far it is surely on disk. */
export interface Served {
  readonly journal: Journal;
  readonly sequence: number;
}

export interface ServeCounters {
  segmentsServed: number;
  bytesServed: number;
  answers: number;
}

/** What a request comes with: its connection, and the member id that the peer port proved; neither where it came another way. */
type Bindings = Partial<HttpBindings & { readonly asker: string }>;

/** The route under which this member gives its own list, and those of others that it has, byte for byte. */
export function catalogRoutes(
  served: (member: string, epoch: string | null) => Served | null,
  counters: ServeCounters,
): Hono {
  const seats = new Seats(MOST);
  const app = new Hono();
  app.get("/v1/catalog/:member", (c) => {
    const member = c.req.param("member");
    const since = c.req.query("since") ?? "0";
    const epoch = c.req.query("epoch") ?? null;
    if (!/^[0-9a-f]{64}$/.test(member) || !/^\d{1,15}$/.test(since)) return c.text("no such list", 400);
    const list = served(member, epoch);
    if (list === null) return c.text("this list is not here", 404);
    const { asker, outgoing } = (c.env ?? {}) as Bindings;
    if (seats.isFull(asker)) return c.text("too many at once", 503, { "Retry-After": "1" });
    const { journal, sequence } = list;
    const point = { epoch: journal.header.epoch, sequence };
    const from = serveFrom(point, 0, { epoch, since: Number(since) });
    const { key } = journal.header;
    const header: Header = { format: FORMAT, member, epoch: point.epoch, floor: 0, from, to: sequence, key };
    const places = journal.places.slice(firstAt(journal.places, from), firstAt(journal.places, sequence + 1));
    // A start between two segments is none that was ever served: such an asker gets the whole list.
    const whole = places[0] !== undefined && places[0].from !== from;
    const sent = whole ? journal.places.slice(0, firstAt(journal.places, sequence + 1)) : places;
    const packed = c.req.query("encoding") === "gzip" && sent.length > 0;
    const headers = {
      "Content-Type": packed ? "application/gzip" : "application/octet-stream",
      "Cache-Control": "no-store",
    };
    // Hono answers a HEAD with what a GET would be, and drops the body.
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const open = () => {
      const parts = answer(journal, whole ? { ...header, from: 1 } : header, sent, counters);
      const plain = Readable.from(parts, { objectMode: false, highWaterMark: SPAN });
      return packed ? pipeline(plain, createGzip({ level: 4 }), () => undefined) : plain;
    };
    const body = lazyBody(open, {
      signal: c.req.raw.signal,
      longest: MAX_ANSWER_MS,
      least: LEAST,
      begun: () => {
        if (!seats.take(asker)) return false;
        counters.answers++;
        return true;
      },
      ended: () => seats.leave(asker),
      cut: outgoing === undefined ? null : () => void outgoing.destroy(),
    });
    return c.body(body, 200, headers);
  });
  return app;
}

/** Index of the first segment that ends at this number or later. */
function firstAt(places: readonly Place[], number: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as Place).to < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function* answer(
  journal: Journal,
  header: Header,
  places: readonly Place[],
  counters: ServeCounters,
): AsyncGenerator<Uint8Array> {
  yield frames([encodeHeader(header)]);
  const reader = journal.reader();
  try {
    for (let at = 0; at < places.length; ) {
      const first = places[at] as Place;
      let end = at + 1;
      for (let next = places[end]; next !== undefined; next = places[++end]) {
        if (next.offset + next.length - first.offset > SPAN) break;
      }
      const run = places.slice(at, end);
      const last = run.at(-1) ?? first;
      const bytes = await reader.read(first.offset, last.offset + last.length - first.offset);
      const segments = run.map(({ offset, length }) =>
        bytes.subarray(offset - first.offset, offset - first.offset + length),
      );
      const piece = frames(segments);
      counters.segmentsServed += run.length;
      counters.bytesServed += piece.length;
      yield piece;
      at = end;
    }
  } finally {
    reader.close();
  }
}
