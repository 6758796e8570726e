import { join } from "node:path";
import { encodeChange, joinChanges } from "../../src/catalog/entries.ts";
import { Journal } from "../../src/catalog/journal.ts";
import { makeSegment } from "../../src/catalog/segments.ts";
import type { Change } from "../../src/shared/entry.ts";
import { below, seeded } from "../../src/shared/random.ts";
import { type Identity, newIdentity, signWith } from "../catalog/support.ts";

const WORDS =
  "summer winter beach family birthday report invoice draft final project music live concert album track lecture notes chapter photo scan backup holiday garden kitchen travel Zürich café Straße naïve résumé Köln recipe budget contract letter meeting archive source module index readme license service client server model".split(
    " ",
  );
const ENDINGS = "jpg jpg jpg jpg mp4 mp3 flac pdf docx txt zip ts js png raw".split(" ");
const RUN = 5_000;

/** A member's list as others keep it, and where it stands. */
export interface MadeList {
  readonly identity: Identity;
  readonly id: string;
  readonly epoch: string;
  readonly sequence: number;
}

/** Changes that make a share of so many entries, named as people name theirs: photos, music, papers; 1 of 100 is a folder. */
export function synthetic(share: string, name: string, count: number, seed: number): Change[] {
  const random = seeded(seed);
  const pick = (from: readonly string[]): string => from[below(random, from.length)] ?? "";
  const two = (value: number): string => String(value).padStart(2, "0");
  const changes: Change[] = [{ kind: "share", share, name, online: true }];
  let folder = "";
  for (let i = 1; i < count; i++) {
    const mtime = 1_400_000_000_000 + below(random, 4_000_000) * 100_000;
    if (i % 100 === 1) {
      folder = `${pick(WORDS)} ${pick(WORDS)} ${i}`;
      if (i % 300 === 1 && i > 1) folder = `${pick(WORDS)}/${folder}`;
      changes.push({ kind: "folder", share, path: folder, mtime });
      continue;
    }
    const day = `20${two(10 + below(random, 15))}${two(1 + below(random, 12))}${two(1 + below(random, 28))}`;
    const stem = [
      `IMG_${day}_${i}`,
      `${pick(WORDS)} ${pick(WORDS)} ${i}`,
      `${pick(WORDS)}-${pick(WORDS)}_${pick(WORDS)}.v${i}`,
    ];
    const root = Array.from({ length: 8 }, () =>
      below(random, 2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    const path = `${folder}/${stem[below(random, 3)]}.${pick(ENDINGS)}`;
    changes.push({
      kind: "file",
      share,
      path,
      size: 1 + below(random, 50_000_000),
      mtime,
      root,
      stat: { inode: `1:${i}`, ctime: mtime },
    });
  }
  return changes;
}

/** Writes such a list into a catalog's folder, as if it had been received from its member. */
export async function makeList(dir: string, entries: number, seed: number): Promise<MadeList> {
  const identity = newIdentity();
  const epoch = seed.toString(16).padStart(16, "0");
  const journal = await Journal.create(join(dir, `${identity.id}.journal`), {
    member: identity.id,
    epoch,
    key: identity.publicKey,
  });
  const changes = synthetic(epoch, "Photos", entries, seed);
  const list = { member: identity.id, epoch, sign: async (bytes: Uint8Array) => signWith(identity, bytes) };
  for (let at = 0; at < changes.length; at += RUN) {
    const run = changes.slice(at, at + RUN);
    const [from, to] = [at + 1, at + run.length];
    const bytes = await makeSegment(list, from, to, joinChanges(run.map(encodeChange)));
    await journal.append([{ from, to, bytes, notes: null }]);
  }
  await journal.sync();
  await journal.close();
  return { identity, id: identity.id, epoch, sequence: changes.length };
}
