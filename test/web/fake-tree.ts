import { hash } from "node:crypto";

/** A file or folder of the fake group. */
export interface Node {
  readonly name: string;
  readonly mtime: number;
  /** Of a file. */
  readonly bytes: Uint8Array | number | null;
  readonly children: Map<string, Node> | null;
}

/** What stands for a tree in a test: a number is a file's size, text its content, an object a folder. */
export type Sketch = { readonly [name: string]: number | string | Sketch };

const BASE = Date.UTC(2026, 4, 3, 9, 30);

/** Times are made of the name, so that they differ and stay. */
function mtimeOf(name: string): number {
  const digest = hash("sha256", name, "buffer");
  return BASE - digest.readUInt16BE(0) * 3_600_000;
}

export function fileNode(name: string, content: number | string): Node {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name, mtime: mtimeOf(name), bytes, children: null };
}

export function folderNode(name: string, sketch: Sketch): Node {
  const children = new Map<string, Node>();
  for (const [child, content] of Object.entries(sketch)) {
    children.set(child, typeof content === "object" ? folderNode(child, content) : fileNode(child, content));
  }
  return { name, mtime: mtimeOf(name), bytes: null, children };
}

export const sizeOf = (node: Node): number =>
  node.children === null
    ? typeof node.bytes === "number"
      ? node.bytes
      : (node.bytes?.length ?? 0)
    : [...node.children.values()].reduce((sum, child) => sum + sizeOf(child), 0);

export const filesOf = (node: Node): number =>
  node.children === null ? 1 : [...node.children.values()].reduce((sum, child) => sum + filesOf(child), 0);

/** The bytes of a file; where only its size is given, a pattern of that size. */
export function bytesOf(node: Node): Uint8Array {
  if (node.bytes instanceof Uint8Array) return node.bytes;
  return new Uint8Array(node.bytes ?? 0).map((_, at) => at % 251);
}

/** Folders first, then by name, byte by byte. */
export function sorted(children: Iterable<Node>): Node[] {
  return [...children].sort(
    (a, b) =>
      Number(a.children === null) - Number(b.children === null) ||
      Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}
