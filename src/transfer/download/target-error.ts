import { GroupShareError, reason, systemCode, writeError } from "../../shared/errors.ts";

const WORDS: Readonly<Record<string, string>> = {
  ENOTDIR: "something on the way is a file, not a folder",
  ENOENT: "the folder is not there and cannot be made",
  ENAMETOOLONG: "the path is longer than this disk takes",
  EROFS: "the disk can only be read",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  ELOOP: "a link on the way leads elsewhere",
  EINVAL: "this disk does not take such a name",
  EILSEQ: "this disk does not take such a name",
  EEXIST: "a file is in the way, not a folder",
  EISDIR: "a folder is in the way",
};

/** What went wrong with a place on this disk, in words that say what to do. */
export function targetError(path: string, thrown: unknown): GroupShareError {
  if (thrown instanceof GroupShareError) return thrown;
  const code = systemCode(thrown) ?? "";
  const words = WORDS[code];
  if (words === undefined) return writeError(`write "${path}"`, thrown);
  return new GroupShareError("unwritable", `Cannot write "${path}": ${words}`, {
    hint: "download it into another folder, or make this one writable and resume",
    cause: thrown,
  });
}

/** An error on one line, with its advice. */
export function inWords(thrown: unknown): string {
  const hint = thrown instanceof GroupShareError ? thrown.hint : undefined;
  return hint === undefined ? reason(thrown) : `${reason(thrown)}; ${hint}`;
}
