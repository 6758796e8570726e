import { makeZip, predictLength } from "client-zip";
import { create as disposition } from "content-disposition";
import type { Context } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import { archiveName, pathComponents } from "../../shared/paths.ts";
import type { Env, Web } from "../context.ts";
import type { FileView, Needs } from "../needs.ts";
import { pathOfUrl } from "./path.ts";

/** client-zip writes the number of entries in 16 bits unless the archive is over 4 GiB. Count. */
const MAX_ENTRIES = 65_534;
/** The years that a zip's dates can say. Milliseconds since 1970. */
const FIRST = Date.UTC(1980, 0, 2);
const LAST = Date.UTC(2107, 11, 30);

interface Member {
  readonly name: string;
  readonly lastModified: Date;
  readonly file: FileView;
}

/** `GET|HEAD /archive/{path}`: a folder as a zip, stored, with its length known before its first byte. */
export async function sendArchive(c: Context<Env>, web: Web): Promise<Response> {
  const path = pathOfUrl(c.req.url, "/archive/");
  const { name, files } = await web.needs.walk(path, c.req.raw.signal);
  const members = await collect(name, path, files);
  const headers = {
    "cache-control": "no-store",
    "content-disposition": disposition(`${name.toWellFormed()}.zip`, { type: "attachment" }),
    "content-length": String(predictLength(members.map(metadata))),
    "content-type": "application/zip",
    "x-content-type-options": "nosniff",
  };
  if (c.req.method === "HEAD") return new Response(null, { headers });
  return new Response(zip(members, web.needs), { headers });
}

async function collect(
  root: string,
  path: string,
  files: AsyncIterable<{ path: string; file: FileView }>,
): Promise<Member[]> {
  const members: Member[] = [];
  const taken = new Map<string, number>();
  for await (const { path: inside, file } of files) {
    const components = pathComponents(`${root}/${inside}`);
    if ("refused" in components) continue;
    const name = file.kind === "folder" ? archiveName(components) : freeName(archiveName(components), taken);
    const time = Math.min(Math.max(file.mtime, FIRST), LAST);
    members.push({ name, lastModified: new Date(time), file });
    if (members.length > MAX_ENTRIES) {
      throw new GroupShareError("too-large", `Cannot zip "${path}": it holds more than ${MAX_ENTRIES} files`, {
        hint: "get it into the downloads folder instead, or zip its folders one by one",
      });
    }
  }
  return members;
}

/** The name, or the next with a number that is free. `taken` has for each name the number to try next. */
function freeName(name: string, taken: Map<string, number>): string {
  let number = taken.get(name) ?? 1;
  let free = name;
  for (; taken.has(free); number++) free = name.replace(/(\.[^./]{1,15})?$/, ` (${number + 1})$1`);
  taken.set(name, number).set(free, taken.get(free) ?? 1);
  return free;
}

const metadata = ({ name, file }: Member) => (file.kind === "folder" ? { name } : { name, size: file.size });

/** The archive's bytes. Whoever stops reading it also closes the file that was being read. */
function zip(members: readonly Member[], needs: Needs): ReadableStream<Uint8Array> {
  const opened: { reading: AbortController | null } = { reading: null };
  async function* inputs() {
    for (const { name, lastModified, file } of members) {
      if (file.kind === "folder") yield { name, lastModified };
      else if (file.size === 0) yield { name, lastModified, size: 0, input: new Uint8Array() };
      else {
        opened.reading = new AbortController();
        yield { name, lastModified, size: file.size, input: bytes(file, needs, opened.reading.signal) };
      }
    }
  }
  const reader = makeZip(inputs()).getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(why) {
        opened.reading?.abort();
        await reader.cancel(why).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A file's bytes, exactly as many as the archive's length counts on. */
async function* bytes(file: FileView, needs: Needs, stopped: AbortSignal): AsyncGenerator<Uint8Array> {
  const opened = await needs.open(file.path);
  if (opened.size !== file.size) throw changed(file);
  const reader = (await opened.stream(null)).getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  stopped.addEventListener("abort", stop, { once: true });
  let left = file.size;
  try {
    while (true) {
      if (stopped.aborted) return;
      const { done, value } = await reader.read();
      if (done) break;
      left -= value.length;
      if (left < 0) throw changed(file);
      yield value;
    }
    if (left > 0 && !stopped.aborted) throw changed(file);
  } finally {
    stopped.removeEventListener("abort", stop);
    await reader.cancel().catch(() => undefined);
  }
}

function changed(file: FileView): GroupShareError {
  return new GroupShareError("changed", `Cannot zip "${file.path}": it changed while it was being read`, {
    hint: "try again",
  });
}
