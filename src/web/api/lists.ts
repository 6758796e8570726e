import type { Page } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";

/** A page of a list that is all in memory. The cursor is the key of the last item of the page before. */
export function pageOf<T>(
  items: readonly T[],
  key: (item: T) => string,
  { after, limit }: { after?: string | undefined; limit: number },
): Page<T> {
  const start = after === undefined ? 0 : items.findIndex((item) => key(item) === after) + 1;
  if (after !== undefined && start === 0) {
    throw new GroupShareError("invalid", `Cannot list what comes after "${after}": it is not in the list`, {
      hint: "list again from the start",
    });
  }
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  return { items: page, next: last === undefined || start + limit >= items.length ? null : key(last) };
}
