import type { FileView } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { bytes, date, remark, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

const LIMIT = 100;
/** Beyond, nobody counts. */
const COUNTED = 10_000;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
/** Flags that go to the API as they are. */
const AS_GIVEN = ["kind", "type", "member", "from", "to"];

/** Searches names and paths of all that is offered now: a table of the best, or one JSON object. */
export async function find(words: string[], options: Values): Promise<void> {
  const query = new URLSearchParams({ q: words.join(" "), limit: String(options.limit ?? LIMIT) });
  for (const name of AS_GIVEN) if (typeof options[name] === "string") query.set(name, options[name]);
  for (const name of ["min", "max"]) {
    if (typeof options[name] === "string") query.set(name, String(bytesOf(options[name], name)));
  }
  if (options.lacking === true) query.set("lacking", "1");
  const client = await Client.find(options);
  const found = await client.get<{ items: FileView[]; next: string | null; total: number }>(`/api/v1/search?${query}`);
  if (options.json) return sayJson(found);
  const rows = found.items.map((item) => [
    item.kind === "folder" ? "" : bytes(item.size),
    date(item.mtime),
    item.path + (item.kind === "folder" ? "/" : "") + remark(item),
    item.holders.join(", "),
  ]);
  if (rows.length > 0) say(table(["SIZE", "CHANGED", "PATH", "ON"], rows, ["SIZE"]));
  const total = found.total > COUNTED ? "10 000+" : String(found.total);
  if (found.next !== null || rows.length === 0)
    say(`${total} found${found.next === null ? "" : `, ${rows.length} shown`}`);
}

/** `20MB` as bytes: units of a thousand, as all sizes here are written. */
function bytesOf(text: string, name: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? [];
  if (number !== undefined) return Math.round(Number(number) * (UNITS[unit?.toLowerCase() ?? ""] ?? 1));
  throw new GroupShareError("usage", `Cannot read --${name} "${text}": it is no size`, {
    hint: "write it as 500kB or 20MB",
  });
}
