import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { Accusations } from "../../src/app/rotation/accusations.ts";
import { answerOf, MAX_BYTES, readAnswer, refusalOf } from "../../src/app/rotation/wire.ts";
import {
  type Identity,
  type Knowledge,
  loadIdentity,
  newSecret,
  type Removed,
  type Seen,
  secretHash,
  signRemoval,
  signSecret,
} from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";

const GROUP = "0a".repeat(16);
const NONE = { generation: 1, hash: "0".repeat(64) };
const newId = (): string => randomBytes(32).toString("hex");
const mapOf = <T extends { readonly id: string }>(all: readonly T[]) => new Map(all.map((one) => [one.id, one]));
const seen = (id: string, more: Partial<Seen> = {}): Seen => {
  return { id, name: "Ben", hosts: ["10.0.0.1"], port: 7948, seen: 5, first: 5, agreed: 5, from: null, ...more };
};

async function withIdentity(use: (me: Identity) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  await use(await loadIdentity(join(folder.path, "identity.pem")));
  await folder.remove();
}

const endsOf = (ends: Knowledge["ends"]) => [...ends].map(([hash, at]) => ({ hash, at }));

async function knowledge(by: Identity, generation: number, more: Partial<Knowledge> = {}): Promise<Knowledge> {
  const bytes = newSecret();
  const bare = { generation, secret: bytes, hash: secretHash(bytes) };
  const without = more.removed?.keys() ?? [];
  const secret =
    generation === 1
      ? { ...bare, made: null }
      : await signSecret(by, GROUP, bare, without, more.ends === undefined ? [] : endsOf(more.ends));
  const present = { ...secret, from: null, stale: false };
  return { group: GROUP, secret: present, former: [], ends: new Map(), roster: new Map(), removed: new Map(), ...more };
}

const read = (answer: object, own: Knowledge, status = 200) => {
  const { body } = new Response(JSON.stringify(answer));
  assert.ok(body !== null);
  return readAnswer({ status, headers: new Headers(), body }, own, "giver");
};

test("the longest answer that is allowed fits, and is read", async () => {
  await withIdentity(async (me) => {
    // Quotes take the most room of what a name may hold.
    const name = '"'.repeat(64);
    const hosts = Array.from({ length: 4 }, () => "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255");
    const { key, sig } = await signRemoval(me, GROUP, newId());
    const at = Number.MAX_SAFE_INTEGER;
    const removed = Array.from(
      { length: 1_024 },
      (): Removed => ({ id: newId(), name, at, by: me.memberId, key, sig, known: "met" as const }),
    );
    const roster = Array.from({ length: 4_096 }, () =>
      seen(newId(), { name, hosts, port: 65_535, seen: at, first: at }),
    );
    const ends = new Map(Array.from({ length: 64 }, () => [newId(), at] as const));
    const own = await knowledge(me, 2 ** 40, { removed: mapOf(removed), roster: mapOf(roster), ends });
    const answer = answerOf(own, newId(), NONE, true);
    assert.ok(JSON.stringify(answer).length < MAX_BYTES * 0.95);
    const told = await read(answer, own);
    assert.ok(told.kind === "told");
    assert.deepEqual(
      [told.told.removed.length, told.told.roster.length, told.told.secret?.made?.ends.length],
      [1_024, 256, 64],
    );
    assert.equal(told.told.secret?.hash, own.secret.hash);
  });
});

test("the secret is told to nobody while a removed one may have it, nor to one whom it was made without; hearsay never is", async () => {
  await withIdentity(async (me) => {
    const [gone, heard] = [newId(), newId()];
    const own = await knowledge(me, 2, { roster: mapOf([seen(heard, { from: me.memberId })]) });
    const made = { ...own.secret.made, without: [gone] } as NonNullable<typeof own.secret.made>;
    const tells = async (known: Knowledge, asker = newId()) => {
      const answer = answerOf(known, asker, NONE, true) as { secret: object | null; roster: object[] };
      assert.deepEqual(answer.roster, []);
      return answer.secret !== null;
    };
    assert.ok(await tells(own));
    assert.ok(!(await tells({ ...own, secret: { ...own.secret, stale: true } })));
    assert.ok(!(await tells({ ...own, secret: { ...own.secret, made: null } })), "it is not known whose it is");
    assert.ok(!(await tells({ ...own, secret: { ...own.secret, made } }, gone)));
    const untold = await read(answerOf({ ...own, secret: { ...own.secret, stale: true } }, newId(), NONE, true), own);
    assert.ok(untold.kind === "told" && untold.told.secret === null, "and nothing is read into that");
    const same = await read(answerOf(own, newId(), own.secret, true), own);
    assert.ok(same.kind === "told" && same.told.secret?.hash === own.secret.hash);
  });
});

test("a secret that nobody stands for is left out, the rest is read; removals nobody signed, and hosts by name, are refused", async () => {
  await withIdentity(async (me) => {
    const own = await knowledge(me, 1);
    const one = { id: newId(), name: "Eve", at: 1, ...(await signRemoval(me, GROUP, newId())), known: "met" as const };
    const eve = { ...one, ...(await signRemoval(me, GROUP, one.id)) };
    const theirs = await knowledge(me, 2, { removed: mapOf([eve]), roster: mapOf([seen(newId())]) });
    const forged = { ...theirs, secret: { ...theirs.secret, generation: 7 } };
    const answer = await read(answerOf(forged, newId(), NONE, true), own);
    assert.ok(answer.kind === "told" && answer.told.secret === null);
    assert.deepEqual([answer.told.removed.length, answer.told.roster.length], [1, 1]);
    const corrupt = { code: "corrupt" };
    await assert.rejects(read(answerOf({ ...theirs, removed: mapOf([one]) }, newId(), NONE, true), own), corrupt);
    for (const host of ["db.internal", "localhost", "1".repeat(65), "10.0.0.1:80"]) {
      const roster = mapOf([seen(newId(), { hosts: [host] })]);
      await assert.rejects(read(answerOf({ ...theirs, roster }, newId(), NONE, true), own), corrupt);
    }
    const refusal = await read(refusalOf(theirs, eve), own, 403);
    assert.deepEqual(refusal.kind === "removed" && refusal.removal.id, eve.id);
    await assert.rejects(read(refusalOf(theirs, one), own, 403), corrupt);
    await assert.rejects(read({ group: GROUP, removed: true }, own, 403), corrupt);
  });
});

test("of removals of whom nobody ever heard only some are looked at in one answer, and all of those that are known", async () => {
  await withIdentity(async (me) => {
    const known = Array.from({ length: 300 }, () => newId());
    const own = await knowledge(me, 1, { roster: mapOf(known.map((id) => seen(id))) });
    const forged = { name: "Eve", at: 1, by: me.memberId, key: "30".repeat(91), sig: "00".repeat(64) };
    const { key } = await signRemoval(me, GROUP, newId());
    const strangers = await Promise.all(
      Array.from({ length: 256 }, async () => {
        const id = newId();
        return { id, name: "Eve", at: 1, ...(await signRemoval(me, GROUP, id)), known: "met" as const };
      }),
    );
    const rest = Array.from({ length: 400 }, () => ({ ...forged, id: newId(), key, known: "met" as const }));
    const members = await Promise.all(
      known.map(async (id) => ({ ...strangers[0], id, name: "Ben", at: 1, ...(await signRemoval(me, GROUP, id)) })),
    );
    const removed = mapOf([...strangers, ...rest, ...members] as Removed[]);
    const answer = await read(answerOf({ ...own, removed }, newId(), NONE, true), own);
    assert.ok(answer.kind === "told", "no signature of the rest was looked at");
    assert.deepEqual(
      answer.told.removed.map(({ id }) => id),
      [...strangers, ...members].map(({ id }) => id),
    );
  });
});

test("a member believes that it was removed when two say so whom it knows, or all; never on the word of a removed one", async () => {
  await withIdentity(async (me) => {
    const [ann, bea, eve] = [newId(), newId(), newId()];
    const known = (ids: string[], more: Partial<Knowledge> = {}) =>
      knowledge(me, 1, { roster: mapOf(ids.map((id) => seen(id))), ...more });
    const three = await known([ann, bea]);
    assert.ok(new Accusations().believes(three, { by: ann }, bea), "who did it, and who tells");
    const lone = new Accusations();
    assert.ok(!lone.believes(three, { by: ann }, ann), "others are asked first");
    assert.ok(!lone.believes(three, { by: ann }, ann));
    assert.ok(lone.believes(three, { by: ann }, bea));
    const stranger = new Accusations();
    assert.ok(!stranger.believes(three, { by: eve }, ann));
    assert.ok(!stranger.believes(three, { by: eve }, eve), "strangers count for nothing");
    assert.ok(stranger.believes(three, { by: eve }, bea));
    assert.ok(new Accusations().believes(await known([ann]), { by: ann }, ann), "nobody else is known");
    const hearsay = await known([ann], { roster: mapOf([seen(ann), seen(bea, { from: ann })]) });
    assert.ok(!new Accusations().believes(hearsay, { by: bea }, bea));
    const gone = { id: ann, name: "Ann", at: 1, by: bea, key: "", sig: "", known: "met" as const };
    const knows = await known([bea], { removed: mapOf([gone]) });
    assert.ok(!new Accusations().believes(knows, { by: ann }, bea));
  });
});
