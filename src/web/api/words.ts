import type { z } from "zod";

type Issue = z.core.$ZodRawIssue;

/** What is wrong with a value, in words that go on a sentence about it: `is empty`, `is longer than 64 characters`. */
export function words(issue: Issue): string {
  if (isMissing(issue)) return "is missing";
  switch (issue.code) {
    case "too_small":
      return isCollection(issue.origin) && Number(issue.minimum) === 1
        ? "is empty"
        : `${isCollection(issue.origin) ? "is shorter" : "is less"} than ${issue.minimum}${unit(issue.origin, issue.minimum)}`;
    case "too_big":
      return `${isCollection(issue.origin) ? "is longer" : "is more"} than ${issue.maximum}${unit(issue.origin, issue.maximum)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `is not ${String(issue.values[0])}`
        : `is not one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return "is none of those that are known";
    case "invalid_type":
      return `is not ${TYPES[issue.expected] ?? `of the type ${issue.expected}`}`;
    case "invalid_format":
      return `is not ${issue.format}`;
    default:
      return "is not as it should be";
  }
}

/** Whether there is no value at all, or an empty one, where one is wanted. */
export function isNothing(issue: { readonly code?: string | undefined; readonly message: string }): boolean {
  return issue.message === "is missing" || issue.message === "is empty";
}

const isMissing = (issue: Issue): boolean => issue.input === undefined && issue.code !== "custom";
const isCollection = (origin: string): boolean => origin === "string" || origin === "array";
const unit = (origin: string, count: number | bigint): string =>
  origin === "string" ? " characters" : origin === "array" ? (Number(count) === 1 ? " entry" : " entries") : "";

const TYPES: Partial<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  string: "text",
};
