/**
 * What `catalog.ts` measures in a process of its own, since it is about memory: opens a catalog's folder and prints its
 * figures as one JSON line. Arguments: the folder, the lists in it as JSON, and the member's private key as PEM. Without
 * lists it only makes the image.
 */
import { createPrivateKey, createPublicKey, hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Member } from "../catalog/support.ts";
import type { MadeList } from "./catalog-lists.ts";

/** Milliseconds, unless said. */
export interface Figures {
  readonly entries: number;
  /** Of questions of many kinds, for their first page. */
  readonly searches: number[];
  readonly mergedList: number;
  /** MiB, after all of that and some rest. */
  readonly resident: number;
  /** The image written while somebody asks, every 2 ms, how long the longest answer took, and without it. */
  readonly image: number;
  readonly waited: number;
  readonly started: number;
  readonly filled: number;
}

const QUESTIONS = [
  "zurich",
  "img",
  "jpg",
  "summer beach",
  "umme",
  "20150",
  "strasse pdf",
  "IMG_2019",
  "mp",
  "e",
  "résumé",
  "no such thing",
  "wint",
  "photo",
  "café",
  "album 4",
  "v12",
  "20240",
  "scan backup",
  "license.txt",
];

async function main(): Promise<void> {
  const [dir = "", text = "[]", key = ""] = process.argv.slice(2);
  const lists = JSON.parse(text) as Pick<MadeList, "id" | "epoch" | "sequence">[];
  const privateKey = createPrivateKey(key);
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const identity = { id: hash("sha256", spki, "hex"), publicKey: new Uint8Array(spki), privateKey };
  const member = new Member(dir, new Map(), identity);
  const again = performance.now();
  await member.start();
  const started = performance.now() - again;
  if (lists.length === 0) return member.stop();
  const { catalog } = member;
  catalog.present(lists);
  const first = performance.now();
  const { total } = await catalog.search({ text: "", after: null, limit: 1 });
  const filled = performance.now() - first;
  const searches: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (const question of QUESTIONS) {
      const asked = performance.now();
      await catalog.search({ text: question, after: null, limit: 100 });
      searches.push(performance.now() - asked);
    }
  }
  const listed = performance.now();
  await catalog.merged.list("Photos", "", { after: null, limit: 200 });
  const mergedList = performance.now() - listed;
  await sleep(3_000);
  const resident = Math.round(process.memoryUsage().rss / 2 ** 20);
  // The last question before a stop, and whatever comes while the image is written.
  let waited = 0;
  let saving = true;
  const asking = (async () => {
    while (saving) {
      const asked = performance.now();
      await catalog.stat({ member: lists[0]?.id ?? "", share: lists[0]?.epoch ?? "", path: "" });
      waited = Math.max(waited, performance.now() - asked);
      await sleep(2);
    }
  })();
  const begun = performance.now();
  await catalog.saveImage();
  const image = performance.now() - begun;
  saving = false;
  await asking;
  const figures: Figures = { entries: total, searches, mergedList, resident, image, waited, started, filled };
  console.log(JSON.stringify(figures));
  await member.stop();
}

void main();
