import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { GroupShareError, writeError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { toWireName, wireNameFits } from "../shared/names.ts";
import { readIfThere, replaceFile, StateFile } from "../shared/state-file.ts";

/** Number of the layout below. A newer one is refused untouched. */
const FORMAT = 1;

/** Where things are in a data directory. */
export interface DataDir {
  readonly root: string;
  readonly identity: string;
  readonly group: string;
  readonly shares: string;
  readonly catalog: string;
  readonly membership: string;
  readonly downloads: string;
  readonly apiToken: string;
}

export function dataDirAt(root: string): DataDir {
  return {
    root,
    identity: join(root, "identity.pem"),
    group: join(root, "group.json"),
    shares: join(root, "shares.json"),
    catalog: join(root, "catalog"),
    membership: join(root, "membership.json"),
    downloads: join(root, "downloads.json"),
    apiToken: join(root, "api-token"),
  };
}

/** Makes a data directory ready, or says why it cannot be used: not writable, or written by a newer program. */
export async function openDataDir(root: string): Promise<DataDir> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
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

/** The API's bearer token, made at the first start; mode 0600. */
export async function loadApiToken(path: string): Promise<string> {
  const stored = await readIfThere(path);
  if (stored !== null && stored.length >= 32) return stored.toString("utf8").trim();
  const token = randomBytes(32).toString("base64url");
  await replaceFile(path, `${token}\n`);
  return token;
}

const profile = z.object({ wireName: z.string().min(18).max(64) });

/** This member's wire name: made from its display name at the first start, and never changed. */
export async function loadWireName(root: string, displayName: string, memberId: string, log: Log): Promise<string> {
  const file = new StateFile(join(root, "profile.json"), (value) => profile.parse(value));
  const stored = await file.read((message) => log.warn(message));
  if (stored !== null && wireNameFits(stored.wireName, memberId)) return stored.wireName;
  const wireName = toWireName(displayName, memberId);
  await file.write({ wireName });
  return wireName;
}
