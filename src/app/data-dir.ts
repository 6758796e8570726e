import { randomBytes } from "node:crypto";
import { chmod, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { GroupShareError, writeError } from "../shared/errors.ts";
import { makeFolders } from "../shared/folders.ts";
import type { Log } from "../shared/log.ts";
import { nameRefusal, toName, toWireName, wireNameFits } from "../shared/names.ts";
import { readIfThere, replaceFile, StateFile } from "../shared/state-file.ts";

/** Number of the layout below. A newer one is refused untouched. */
const FORMAT = 1;

/** Where things are in a data directory. */
export interface DataDir {
  readonly root: string;
  readonly identity: string;
  readonly group: string;
  readonly roster: string;
  readonly keyring: string;
  readonly shares: string;
  readonly catalog: string;
  readonly membership: string;
  readonly downloads: string;
  readonly apiToken: string;
  readonly sessions: string;
}

export function dataDirAt(root: string): DataDir {
  return {
    root,
    identity: join(root, "identity.pem"),
    group: join(root, "group.json"),
    roster: join(root, "roster.json"),
    keyring: join(root, "keyring.json"),
    shares: join(root, "shares.json"),
    catalog: join(root, "catalog"),
    membership: join(root, "membership.json"),
    downloads: join(root, "downloads.json"),
    apiToken: join(root, "api-token"),
    sessions: join(root, "sessions.json"),
  };
}

/** Makes a data directory ready, or says why it cannot be used: not writable, or written by a newer program. */
export async function openDataDir(root: string): Promise<DataDir> {
  try {
    await makeFolders(root, 0o700);
  } catch (thrown) {
    throw writeError(`use the data directory "${root}"`, thrown);
  }
  const marker = join(root, "format");
  const stored = await readIfThere(marker);
  if (stored === null) await replaceFile(marker, `${FORMAT}\n`);
  else if (Number(stored.toString("utf8")) > FORMAT) {
    throw new GroupShareError("too-new", `Cannot use the data directory "${root}": a newer GroupShare wrote it`, {
      hint: "update this program, or name another directory with --data-dir",
    });
  }
  return dataDirAt(root);
}

/** The API's bearer token, made at the first start; mode 0600, also where somebody had loosened it. */
export async function loadApiToken(path: string, log: Log): Promise<string> {
  const stored = await readIfThere(path);
  if (stored !== null && stored.length >= 32) {
    await tighten(path, log);
    return stored.toString("utf8").trim();
  }
  const token = randomBytes(32).toString("base64url");
  await replaceFile(path, `${token}\n`);
  return token;
}

async function tighten(path: string, log: Log): Promise<void> {
  if (process.platform === "win32" || ((await stat(path)).mode & 0o077) === 0) return;
  try {
    await chmod(path, 0o600);
  } catch (thrown) {
    throw writeError(`keep "${path}" from other users of this machine`, thrown);
  }
  log.warn(`Other users of this machine could read "${path}"; now only this one can`, {
    hint: "if one of them may have, delete it and start anew: another token is made",
  });
}

/** The names of this member. */
export interface Profile {
  /** Its name in gossip: made from the display name at the first start, and never changed. */
  readonly wireName: string;
  /** Its display name: as last given, else after this computer. */
  readonly name: string;
}

const profile = z.object({
  wireName: z.string().min(18).max(64),
  name: z.string().refine((name) => nameRefusal(name) === null),
});

/** The stored names, with the display name that is `given` now in place of the stored one. */
export async function loadProfile(root: string, given: string | null, memberId: string, log: Log): Promise<Profile> {
  const file = new StateFile(join(root, "profile.json"), (value) => profile.parse(value));
  const stored = await file.read((message) => log.warn(message));
  const name = given ?? stored?.name ?? toName(hostname(), "member");
  const kept = stored !== null && wireNameFits(stored.wireName, memberId) ? stored.wireName : null;
  const now = { wireName: kept ?? toWireName(name, memberId), name };
  if (now.wireName !== stored?.wireName || now.name !== stored.name) await file.write(now);
  return now;
}
