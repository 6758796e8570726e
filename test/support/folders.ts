import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ContentHasher } from "../../src/shared/content.ts";

/** A new empty folder, and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "groupshare-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Names that file systems take and programs stumble over. */
const ODD_NAMES = [
  "with space.txt",
  "ünï çödé 日本語.txt",
  "emoji 🦊.md",
  "<img src=x onerror=alert(1)>.html",
  "quote ' and \".txt",
  "percent %2e%2e %.txt",
  "hash # and ? query.txt",
  "back\\slash.txt",
  "new\nline.txt",
  "-dash",
  "trailing dot.",
  "\u202eevil.txt",
];

/** Copies regular files out of Debian's documentation tree until there are `count`. */
async function copyDocumentation(into: string, count: number): Promise<void> {
  let copied = 0;
  for (const entry of await readdir("/usr/share/doc", { recursive: true, withFileTypes: true })) {
    if (copied === count) return;
    const from = join(entry.parentPath, entry.name);
    if (!entry.isFile() || (await lstat(from)).size > 200_000) continue;
    const to = join(into, from.slice("/usr/share/doc/".length));
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to);
    copied += 1;
  }
  throw new Error(`/usr/share/doc has only ${copied} files of the ${count} wanted`);
}

/** A folder as people have them: real documents, odd names, empty files and folders, deep nesting, one large file. */
export async function realFolder(path: string, options: { documents: number; largeBytes: number }): Promise<void> {
  await mkdir(path, { recursive: true });
  await copyDocumentation(join(path, "doc"), options.documents);
  await mkdir(join(path, "odd"));
  for (const [index, name] of ODD_NAMES.entries()) await writeFile(join(path, "odd", name), `odd name ${index}\n`);
  await writeFile(join(path, "empty.txt"), "");
  await mkdir(join(path, "empty folder"));
  const deep = join(path, ...Array.from({ length: 20 }, (_, level) => `level ${level}`));
  await mkdir(deep, { recursive: true });
  await writeFile(join(deep, "bottom.txt"), "deep\n");
  await writeLarge(join(path, "large.bin"), options.largeBytes);
  await utimes(join(path, "large.bin"), new Date("2020-02-02T02:02:02.222Z"), new Date("2020-02-02T02:02:02.222Z"));
}

async function writeLarge(path: string, size: number): Promise<void> {
  const stream = createWriteStream(path);
  for (let left = size; left > 0; left -= 1 << 20) {
    if (!stream.write(randomFillSync(Buffer.alloc(Math.min(left, 1 << 20))))) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

/** One file or folder of a tree, to be compared. */
export interface Found {
  readonly kind: "file" | "folder";
  readonly size: number;
  /** Milliseconds since 1970, whole. */
  readonly mtime: number;
  /** BEP 52 pieces root; null for empty files and folders. */
  readonly root: string | null;
}

/** Everything below a folder, by path. */
export async function readTree(path: string): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    const stat = await lstat(at, { bigint: true });
    const mtime = Number(stat.mtimeNs / 1_000_000n);
    const name = at.slice(path.length + 1);
    if (entry.isDirectory()) found.set(name, { kind: "folder", size: 0, mtime, root: null });
    else found.set(name, { kind: "file", size: Number(stat.size), mtime, root: rootOf(await readFile(at)) });
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** BEP 52 pieces root of bytes; null for none. */
function rootOf(bytes: Uint8Array): string | null {
  const hasher = new ContentHasher(bytes.length);
  hasher.update(bytes);
  return hasher.digest()?.root ?? null;
}
