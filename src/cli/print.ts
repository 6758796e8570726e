import { escapeOdd } from "../shared/odd-characters.ts";

/** Text of others as a terminal may show it: on one line, and what it would take for commands is written out. */
export function safe(text: string): string {
  return escapeOdd(text);
}

/** Bytes for people: `3.4 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = count;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(value >= 9.95 ? 3 : 2)} ${units[unit]}`;
}

/** What is said of an entry behind its name: that it cannot be had just now. */
export function remark({ offline }: { readonly offline?: true }): string {
  return offline === true ? "  (offline)" : "";
}

/** `2026-11-22 12:30`, in this machine's time zone. */
export function date(ms: number): string {
  return ms === 0
    ? ""
    : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace("T", " ");
}

/** A table with a head; columns named in `right` are set to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const lines = [head, ...rows].map((row) => row.map(safe));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          right.includes(head[column] ?? "") ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function sayJson(value: unknown): void {
  say(escapeOdd(JSON.stringify(value)));
}
