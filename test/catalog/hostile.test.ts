import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { Hono } from "hono";
import type { ListChange } from "../../src/catalog/core/change.ts";
import { encodeChange, joinChanges } from "../../src/catalog/entries.ts";
import { frames } from "../../src/catalog/exchange/wire.ts";
import { answer, EPOCH, lying, sealed, sealedBytes } from "./forge.ts";
import {
  atEnd,
  close,
  type Identity,
  listen,
  Member,
  newIdentity,
  paths,
  ROOT,
  type Roads,
  SHARE,
  tempDir,
  until,
} from "./support.ts";

const music: ListChange = { kind: "share", share: SHARE, name: "Music", online: true };
const file = (path: string, size = 1): ListChange => ({ kind: "file", share: SHARE, path, size, mtime: 1, root: null });

interface Victim {
  readonly member: Member;
  readonly url: string;
  readonly roads: Roads;
}

/** A member, and a peer port that answers as the test likes: `liar`'s, where one is given. */
async function victim(t: TestContext, app: Hono, liar?: Identity): Promise<Victim> {
  const roads: Roads = new Map();
  const member = await new Member(await tempDir(t), roads).start();
  const { server, url } = await listen(app);
  if (liar !== undefined) roads.set(liar.id, url);
  atEnd(t, async () => {
    await member.stop();
    await close(server);
  });
  return { member, url, roads };
}

const refusedFor = (member: Member, why: RegExp) => () => member.logged.some((line) => why.test(line));

const LIES: [string, RegExp, (liar: Identity) => Promise<Uint8Array>][] = [
  [
    "signed by another key",
    /not signed by the member/,
    async (liar) => answer(liar, [await sealed({ ...newIdentity(), id: liar.id }, 1, [music])], 1),
  ],
  [
    "whose numbers were moved",
    /not signed by the member/,
    async (liar) => {
      const list = { member: liar.id, epoch: "f".repeat(16) };
      return answer(liar, [await sealed(liar, 1, [music], list.epoch)], 1);
    },
  ],
  [
    "with an altered byte",
    /damaged|not signed|not one whole/,
    async (liar) => {
      const segment = await sealed(liar, 1, [music]);
      segment[20] = (segment[20] ?? 0) ^ 1;
      return answer(liar, [segment], 1);
    },
  ],
  [
    "under a key that is not the member's",
    /key is not the one/,
    async (liar) => answer(liar, [await sealed(liar, 1, [music])], 1, { key: newIdentity().publicKey }),
  ],
  [
    "with a gap",
    /do not follow/,
    async (liar) => answer(liar, [await sealed(liar, 1, [music]), await sealed(liar, 3, [file("a")])], 3),
  ],
  [
    "that goes on after its end",
    /after its end/,
    async (liar) => answer(liar, [await sealed(liar, 1, [music]), await sealed(liar, 2, [file("a")])], 1),
  ],
  [
    "whose entries are not msgpack",
    /not one whole value/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 1, new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]))], 1),
  ],
  [
    "with more entries than numbers",
    /more entries than numbers/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 1, encode([{}, {}]))], 1),
  ],
  [
    "with fewer entries than numbers",
    /fewer entries than numbers/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 2, encode([{}]))], 2),
  ],
  [
    "that numbers what is not there",
    /fewer entries than numbers/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 1e12, encode([{}]))], 1e12),
  ],
  [
    "without entries",
    /fewer entries than numbers/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 1, encode([]))], 1),
  ],
  [
    "with a key that is not signed",
    /not its one form/,
    async (liar) => {
      const segment = decode(await sealed(liar, 1, [music])) as object;
      return answer(liar, [encode({ ...segment, zz: new Uint8Array(1 << 19) }, { sortKeys: true })], 1);
    },
  ],
  [
    "with keys in another order",
    /not its one form/,
    async (liar) => {
      const { to, ...rest } = decode(await sealed(liar, 1, [music])) as { to: number };
      return answer(liar, [encode({ to, ...rest })], 1);
    },
  ],
  [
    "with its numbers in a longer form",
    /not its one form/,
    async (liar) => {
      const segment = decode(await sealed(liar, 1, [music])) as object;
      return answer(liar, [encode(segment, { sortKeys: true, forceIntegerToFloat: true })], 1);
    },
  ],
  [
    "with an entry that is longer than any",
    /longer than any change/,
    async (liar) => answer(liar, [await sealedBytes(liar, 1, 1, encode([{ zz: new Uint8Array(8_192) }]))], 1),
  ],
  ["that is no header", /header is not/, async () => new Uint8Array([0, 0, 0, 1, 0xc1])],
];

test("a list that is not what its origin signed is refused, and its member named", async (t) => {
  const lies = new Map<string, Uint8Array>();
  const app = new Hono().get("/v1/catalog/:member", (c) =>
    c.body(new Uint8Array(lies.get(c.req.param("member")) ?? [])),
  );
  const { member, url, roads } = await victim(t, app);
  for (const [what, why, lie] of LIES) {
    const liar = newIdentity();
    lies.set(liar.id, await lie(liar));
    roads.set(liar.id, url);
    member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: 9 }]);
    await until(`a list ${what} is refused`, () => member.logged.some((line) => line.includes(liar.id)));
    assert.match(member.logged.join("\n"), why, what);
    assert.deepEqual(await member.catalog.shares(liar.id), [], what);
    member.logged.length = 0;
  }
});

test("entries that no share can have are left out, the others are taken", async (t) => {
  const liar = newIdentity();
  const changes: ListChange[] = [
    music,
    file("../../etc/passwd"),
    file("/absolute"),
    file("a//b"),
    file("x".repeat(300)),
    file("good"),
    file("y\0z"),
    { ...file("negative"), size: -1 } as ListChange,
    { kind: "file", share: SHARE, path: "half", size: 1.5, mtime: 0, root: null },
    { kind: "file", share: SHARE, path: "late", size: 1, mtime: 1e300, root: null },
    { kind: "file", share: SHARE, path: "empty", size: 0, mtime: 0, root: ROOT },
    file(""),
    { kind: "share", share: "ffffffffffffffff", name: "../up", online: true },
    { kind: "file", share: "ffffffffffffffff", path: "of no share", size: 1, mtime: 0, root: null },
    file("huge", Number.MAX_SAFE_INTEGER),
  ];
  const segment = await sealed(liar, 1, changes);
  const strange = await sealedBytes(liar, changes.length + 1, changes.length + 3, encode([7, { k: "?" }, { k: "f" }]));
  const to = changes.length + 3;
  const { member } = await victim(
    t,
    lying(() => new Blob([new Uint8Array(answer(liar, [segment, strange], to))])),
    liar,
  );
  member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: to }]);
  await until("the list is there", async () => (await member.catalog.shares(liar.id)).length === 1);
  assert.deepEqual(await paths(member.catalog, liar.id), ["", "good"]);
  assert.equal(member.catalog.counters().entriesRefused, 14);
  assert.ok(refusedFor(member, new RegExp(`Entries.*refused.*${liar.id}.*14`))());
});

test("a million changes of one name are refused before they cost much", async (t) => {
  const liar = newIdentity();
  const to = 1_200_000;
  const count = 10_000;
  const run = joinChanges(Array.from({ length: count }, () => encodeChange(file("one name"))));
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield answer(liar, [await sealed(liar, 1, [music])], to);
    for (let from = 2; from < to; from += count) yield frames([await sealedBytes(liar, from, from + count - 1, run)]);
  };
  const { member } = await victim(
    t,
    lying(() => Readable.toWeb(Readable.from(body())) as unknown as ReadableStream<Uint8Array>),
    liar,
  );
  member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: to }]);
  await until("it is refused", refusedFor(member, /more than any honest history/));
  assert.equal(member.catalog.refusals().get(liar.id), "corrupt", "it is not asked for its folders instead");
  assert.deepEqual(await member.catalog.shares(liar.id), []);
});

test("paths of thousands of one-letter folders do not make a small answer a large list", async (t) => {
  const liar = newIdentity();
  const deep = (seed: number): ListChange => file(`${seed}/${Array.from({ length: 2_000 }, () => "d").join("/")}/f`);
  const changes = [music, ...Array.from({ length: 200 }, (_, i) => deep(i))];
  const bytes = answer(liar, [await sealed(liar, 1, changes)], changes.length);
  const { member } = await victim(
    t,
    lying(() => new Blob([new Uint8Array(bytes)])),
    liar,
  );
  member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: changes.length }]);
  await until("the list is there", async () => (await member.catalog.shares(liar.id)).length === 1);
  assert.ok((await paths(member.catalog, liar.id)).length < 6_000);
  assert.ok(refusedFor(member, /too many folders/)());
});

test("an answer that never ends is cut off when its member goes", async (t) => {
  const liar = newIdentity();
  let asked = false;
  let cancelled = false;
  const endless = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start: (controller) => {
        asked = true;
        controller.enqueue(answer(liar, [], 5));
      },
      cancel: () => {
        cancelled = true;
      },
    });
  const { member } = await victim(t, lying(endless), liar);
  member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: 5 }]);
  await until("it is asked", () => asked);
  member.catalog.present([]);
  await until("the answer is given up", () => cancelled);
});
