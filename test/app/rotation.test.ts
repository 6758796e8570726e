import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Rotation } from "../../src/app/rotation/rotation.ts";
import { RotationStore } from "../../src/app/rotation/store.ts";
import { refusalOf } from "../../src/app/rotation/wire.ts";
import type { Session } from "../../src/app/session.ts";
import { Keyring } from "../../src/membership/keyring.ts";
import type { MemberRecord } from "../../src/membership/mod.ts";
import { type Log, silentLog } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import {
  type Group,
  gossipKey,
  type Identity,
  type Knowledge,
  loadIdentity,
  newGroup,
  secretProof,
  signRemoval,
} from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const DAY = 24 * 3_600_000;

/** One member of a group, whose time is set by hand; its session is all that is made up. */
class World {
  readonly time = { now: Date.parse("2026-01-01T00:00:00Z") };
  readonly told: string[] = [];
  readonly log: Log = {
    ...silentLog,
    warn: (message, fields) => void this.told.push(`${message} ${fields?.member ?? ""}`),
    error: (message, fields) => void this.told.push(`${message}: ${fields?.why}`),
  };
  readonly keyring: Keyring;
  readonly group = newGroup("G");
  readonly #folder: string;
  /** How often others were asked, and what they answer. */
  asked = 0;
  answer: (id: string) => { status: number; body: object } = () => ({ status: 404, body: {} });

  /** What is known of a member is another. */
  changed: (member: MemberRecord, before: null, event: null) => void = () => undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.keyring = new Keyring([gossipKey(this.group)]);
  }

  get store(): RotationStore {
    return new RotationStore({ group: join(this.#folder, "group"), roster: join(this.#folder, "roster") }, this.log);
  }

  identity(name: string): Promise<Identity> {
    return loadIdentity(join(this.#folder, `${name}.pem`));
  }

  async rotation(group: Group = this.group, store = this.store): Promise<Rotation> {
    const clock = { now: () => this.time.now, wall: () => this.time.now };
    const rotation = await Rotation.open({
      group,
      identity: await this.identity("identity"),
      store,
      clock,
      random: seeded(1),
      log: this.log,
      changed: () => undefined,
      removed: () => void this.told.push("removed"),
    });
    await rotation.keep();
    rotation.attach(this.#session());
    return rotation;
  }

  /** Nobody else is here. */
  #session(): Session {
    const reach = async ({ id }: { id: string }) => {
      this.asked += 1;
      const { status, body } = this.answer(id);
      return { status, headers: new Headers(), body: new Response(JSON.stringify(body)).body };
    };
    const on = (_: "changed", listener: typeof this.changed) => {
      this.changed = listener;
    };
    const membership = { keyring: this.keyring, on, seek: () => undefined, rejoin: async () => [] };
    const rest = { others: () => [], announce: () => undefined, dismiss: () => undefined };
    return { membership, reach, ...rest } as unknown as Session;
  }
}

async function world(t: TestContext): Promise<World> {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  return new World(folder.path);
}

test("the key of a former secret opens gossip for 24 hours and no longer, also where nobody was running when they ended", async (t) => {
  const made = await world(t);
  const before = gossipKey(made.group);
  const rotation = await made.rotation();
  await rotation.rotate();
  const now = gossipKey(rotation.group);
  assert.deepEqual(made.keyring.list(), [now, before]);
  made.time.now += DAY - 1;
  rotation.forgetOld();
  assert.deepEqual(made.keyring.list(), [now, before]);
  assert.deepEqual(rotation.group.former.map(gossipKey), [before]);
  await rotation.stop();
  const stored = await made.store.group();
  assert.ok(stored !== null);
  assert.deepEqual(stored.former.map(gossipKey), [before]);

  const again = await made.rotation(stored);
  assert.deepEqual(again.group.former.map(gossipKey), [before]);
  made.time.now += 1;
  again.forgetOld();
  assert.deepEqual(made.keyring.list(), [now]);
  assert.deepEqual(again.group.former, []);
  await again.stop();
  assert.deepEqual((await made.store.group())?.former, [], "nor is it kept on disk");

  const late = await made.rotation(stored);
  assert.deepEqual(late.group.former, [], "what is kept is looked at before it is used");
  await late.stop();
});

/** Gossip tells of a member that has this secret, and a next one where it is `ahead`. */
function heard(made: World, { memberId: id }: Identity, ahead = false): void {
  const mark = { generation: ahead ? 2 : 1, proof: ahead ? "" : secretProof(made.group.secret, id), sending: true };
  const where = { host: "10.0.0.1", addresses: [], peerPort: 7_948 };
  const record = { self: false, id, name: "Ann", state: "alive", generation: mark, ...where };
  made.changed(record as unknown as MemberRecord, null, null);
}

test("that a member says again and again that this one was removed is told once; that a second one says so ends it", async (t) => {
  const made = await world(t);
  const [ann, bea] = [await made.identity("ann"), await made.identity("bea")];
  const rotation = await made.rotation();
  const { memberId } = await made.identity("identity");
  const removed = {
    id: memberId,
    name: "Me",
    at: 1,
    ...(await signRemoval(ann, made.group.id, memberId)),
    known: "met" as const,
  };
  const refusal = { status: 403, body: refusalOf({ group: made.group.id } as Knowledge, removed) };
  made.answer = (id) => (id === ann.memberId ? refusal : { status: 404, body: {} });
  for (const one of [ann, bea]) heard(made, one);
  for (let round = 0; round < 3; round++) {
    const before = made.asked;
    heard(made, ann, true);
    await until("it was asked", () => made.asked > before);
    await until("its answer was heard", () => made.told.length > 0);
  }
  made.answer = () => refusal;
  heard(made, bea, true);
  await until("the second one is heard", () => made.told.includes("removed"));
  assert.deepEqual(
    made.told.filter((line) => line !== "removed"),
    [`a member says that this one was removed; others are asked first ${ann.memberId}`],
  );
  await rotation.stop();
});

test("a member that goes on announcing the same is asked once in ten seconds because of it", async (t) => {
  const made = await world(t);
  const ann = await made.identity("ann");
  const rotation = await made.rotation();
  heard(made, ann);
  const before = made.asked;
  for (let again = 0; again < 20; again++) {
    heard(made, ann, true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(made.asked, before + 1);
  made.time.now += 10_000;
  heard(made, ann, true);
  await until("it is asked again", () => made.asked > before + 1);
  await rotation.stop();
});

test("many removals at once are told in few lines, and who was removed unseen may ask nothing", async (t) => {
  const made = await world(t);
  const [ann, bea] = [await made.identity("ann"), await made.identity("bea")];
  const rotation = await made.rotation();
  for (const one of [ann, bea]) heard(made, one);
  const removed = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const id = at === 0 ? bea.memberId : at.toString(16).padStart(64, "0");
      return { id, name: "X", at: 1, ...(await signRemoval(ann, made.group.id, id)) };
    }),
  );
  const body = { group: made.group.id, secret: null, sending: true, removed, roster: [] };
  made.answer = () => ({ status: 200, body });
  heard(made, ann, true);
  await until("they are known", () => rotation.roster.removed.length === 40);
  assert.equal(made.told.filter((line) => /removed from the group/.test(line)).length, 9);
  assert.equal(rotation.trust.standing(bea.memberId), "known");
  assert.equal(rotation.trust.standing((1).toString(16).padStart(64, "0")), null);
  await rotation.stop();
});

test("what cannot be kept on a full disk is told, and the member goes on", async (t) => {
  const made = await world(t);
  const store = made.store;
  const rotation = await made.rotation(made.group, store);
  store.write = () => Promise.reject(new Error("the disk is full"));
  heard(made, await made.identity("ann"));
  await until("it is told", () => made.told.length > 0);
  assert.deepEqual(made.told, ["Cannot keep what is known of the group: the disk is full"]);
  assert.equal(rotation.roster.seen.length, 1);
  await rotation.stop();
});
