import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { FILE_TYPES, type SearchWish } from "../needs.ts";

/** Letters of a question; as long as a name may be. */
export const MAX_TEXT = 255;
const MB = 1_000_000;
const DAY = 86_400_000;

/** Files and folders of these kinds, in people's words. */
export const KINDS = {
  file: "Files",
  folder: "Folders",
  image: "Pictures",
  video: "Videos",
  audio: "Music and sound",
  document: "Documents",
  archive: "Archives",
} as const satisfies Record<"file" | "folder" | (typeof FILE_TYPES)[number], string>;

/** Sizes of files: bytes, both ends included. */
export const SIZES = {
  small: { words: "Under 1 MB", min: 0, max: MB - 1 },
  medium: { words: "1 to 100 MB", min: MB, max: 100 * MB },
  large: { words: "100 MB to 1 GB", min: 100 * MB, max: 1_000 * MB },
  huge: { words: "Over 1 GB", min: 1_000 * MB + 1, max: Number.MAX_SAFE_INTEGER },
} as const;

/** How long ago, in days. */
export const DATES = {
  day: { words: "In the last 24 hours", days: 1 },
  week: { words: "In the last 7 days", days: 7 },
  month: { words: "In the last 30 days", days: 30 },
  year: { words: "In the last year", days: 365 },
} as const;

const keys = <K extends string>(of: Record<K, unknown>): [K, ...K[]] => Object.keys(of) as [K, ...K[]];
/** What is not known, such as out of an old link, is not asked. */
const oneOf = <K extends string>(of: Record<K, unknown>) => z.enum(keys(of)).or(z.literal("")).catch("");

/** What the form above the files says. */
export const QUESTION = z.object({
  q: z
    .string()
    .default("")
    .transform((text) => text.slice(0, MAX_TEXT)),
  kind: oneOf(KINDS),
  size: oneOf(SIZES),
  date: oneOf(DATES),
  /** Wire name. */
  member: z.string().max(LIMITS.path).default(""),
});
export type Question = z.infer<typeof QUESTION>;

/** Nothing is asked. */
export const NO_QUESTION: Question = { q: "", kind: "", size: "", date: "", member: "" };

/** What narrows a search besides its words. */
const FILTERS = ["kind", "size", "date", "member"] as const satisfies readonly (keyof Question)[];

/** How many filters are set. */
export function filtersOf(question: Question): number {
  return FILTERS.filter((filter) => question[filter] !== "").length;
}

/** Whether there is anything to search for. */
export function asks(question: Question): boolean {
  return question.q.trim() !== "" || filtersOf(question) > 0;
}

/** The question as a search takes it. `now`: milliseconds since 1970. */
export function wishOf({ q, kind, size, date, member }: Question, now: number): Omit<SearchWish, "after" | "limit"> {
  const type = FILE_TYPES.find((known) => known === kind);
  return {
    text: q,
    ...(kind === "file" || kind === "folder" ? { kind } : {}),
    ...(type === undefined ? {} : { types: [type] }),
    ...(size === "" ? {} : { min: SIZES[size].min, max: SIZES[size].max }),
    ...(date === "" ? {} : { from: now - DATES[date].days * DAY }),
    ...(member === "" ? {} : { member }),
  };
}

/** The question as part of an address, beside the folder that it was asked from. `q` is always there, as its mark. */
export function queryOf(path: string, question: Question): string {
  const query = new URLSearchParams({ path: path.toWellFormed(), q: question.q.toWellFormed() });
  for (const filter of FILTERS) if (question[filter] !== "") query.set(filter, question[filter].toWellFormed());
  return query.toString();
}

/** Whether the page at an address shows a search. */
export function isSearch(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).searchParams.has("q");
}
