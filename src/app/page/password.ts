import { readFile, stat } from "node:fs/promises";
import { GroupShareError, reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { Password, type Sessions } from "../../web/mod.ts";

/** Shorter ones are guessed. Characters. */
const SHORT = 8;
/** Nobody types more; a file that is longer is something else. Characters. */
const LONG = 1_024;

/** The password in a file, without the newline at its end, known to the sessions from now on; null where no file is named. */
export async function loadPassword(file: string | null, sessions: Sessions, log: Log): Promise<Password | null> {
  const text = file === null ? null : await readPassword(file, log);
  const password = text === null ? null : await Password.of(text, sessions.password);
  sessions.usePassword(password?.digest ?? null);
  return password;
}

async function readPassword(file: string, log: Log): Promise<string> {
  let text: string;
  let mode: number;
  try {
    text = (await readFile(file, "utf8")).replace(/\r?\n$/, "");
    ({ mode } = await stat(file));
  } catch (thrown) {
    throw refused(file, reason(thrown));
  }
  if (text === "") throw refused(file, "it is empty");
  if (text.length > LONG) throw refused(file, `it holds more than ${LONG} characters`);
  if (/[\r\n]/.test(text)) throw refused(file, "it has more than one line");
  if (text.length < SHORT) log.warn(`The password of the page has less than ${SHORT} characters: it can be guessed`);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    log.warn("Other users of this machine can read the password of the page", { file, hint: `chmod 600 ${file}` });
  }
  return text;
}

function refused(file: string, why: string): GroupShareError {
  return new GroupShareError("usage", `Cannot use --password-file "${file}": ${why}`, {
    hint: "write the password there, on one line, readable by this user alone",
  });
}
