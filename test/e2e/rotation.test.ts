import assert from "node:assert/strict";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DownloadView, FileView } from "../../src/app/mod.ts";
import { gossipKey, loadIdentity, readInvite } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare } from "../support/member.ts";
import { until } from "../support/until.ts";
import { asking, Computer, computers, connected, together } from "./computer.ts";
import { gossip, PING } from "./gossiping.ts";

/** A list of members as one end of a push/pull tells it, here by who joins. */
const LIST = { kind: "push-pull", join: true, userState: new Uint8Array() } as const;
type Refused = { readonly event: string; readonly why: string | null };

describe("a new secret", { concurrency: true, timeout: 120_000 }, () => {
  let root: { path: string; remove(): Promise<void> };
  const all: Computer[] = [];
  const make = async (net: string, ...names: string[]) => {
    await mkdir(join(root.path, net));
    const made = await computers(join(root.path, net), net, names);
    all.push(...made);
    return made as [Computer, Computer, Computer, Computer];
  };

  before(async () => {
    root = await temporaryFolder();
  });

  after(async () => {
    await Promise.all(all.map((one) => one.end()));
    await root.remove();
  });

  test("reaches those here in the middle of a download, those asleep, and those who were off; old invites end, and a new one outlives the founder", async () => {
    const [ana, bob, cai, dan] = await make("61", "Ana", "Bob", "Cai", "Dan");
    const invite = (await ana.member.cli("invite")).trim();
    const shared = join(root.path, "61", "films");
    await mkdir(shared);
    const film = await open(join(shared, "film"), "w");
    await film.truncate(600_000_000);
    await film.close();
    await ana.member.cli("share", "add", shared);
    await until(
      "the film is listed",
      async () => {
        const { items } = await bob.member.api<{ items: { contentId: string | null }[] }>(
          "/api/v1/files?path=Ana/films",
        );
        return items[0]?.contentId ?? false;
      },
      40_000,
    );
    const downloads = async () => (await bob.member.api<{ items: DownloadView[] }>("/api/v1/downloads")).items[0];
    await bob.member.cli("get", "Ana/films/film");
    await until("it is under way", async () => ((await downloads())?.done ?? 0) > 0);
    await cai.change({ action: "rotate" });
    assert.equal((await downloads())?.state, "downloading");
    await together([ana, bob, cai, dan], 2);
    await until("the film is here", async () => (await downloads())?.state === "done", 40_000);
    for (const one of [ana, bob, cai, dan]) assert.deepEqual(one.saw(/is dead|member left/), []);

    const eve = new Computer(join(root.path, "61"), "127.0.61.9", "Eve");
    all.push(eve);
    const late = await groupshare("bundle", [
      "run",
      "--headless",
      "--data-dir",
      eve.dataDir,
      ...eve.flags,
      "--invite",
      invite,
    ]);
    assert.equal(late.code, 5, late.stderr);
    assert.match(late.stderr, /the invite is older than the group's present secret; ask a member for a new one/);

    await dan.member.stop();
    process.kill(cai.member.pid, "SIGSTOP");
    assert.match(await ana.member.cli("group", "rotate"), /new secret, generation 3; all members get it/);
    await together([ana, bob], 3);
    process.kill(cai.member.pid, "SIGCONT");
    await dan.start();
    await together([ana, bob, cai, dan], 3);

    const invited = (await bob.member.cli("invite")).trim();
    await ana.member.cli("leave");
    assert.equal(await ana.member.ended(), 0);
    await eve.start("--invite", invited);
    await together([bob, cai, dan, eve], 3);
  });

  test("made in both halves of a partition is one in the end, and is none that a removed member has", async () => {
    const [pia, quin, rob] = await make("62", "Pia", "Quin", "Rob");
    const apart = async (here: Computer[], there: Computer[], meanwhile: () => Promise<unknown>) => {
      await Promise.all(here.map((one) => one.member.stop()));
      await Promise.all(there.map((one) => one.start()));
      await meanwhile();
    };
    await Promise.all([quin, rob].map((one) => one.member.stop()));
    await pia.change({ action: "rotate" });
    await apart([pia], [quin, rob], () => quin.change({ action: "rotate" }));
    await together([quin, rob], 2);
    await pia.start();
    await together([pia, quin, rob], 2);
    assert.equal(new Set(await Promise.all([pia, quin, rob].map((one) => one.secret()))).size, 1);

    await Promise.all([quin, rob].map((one) => one.member.stop()));
    await pia.change({ action: "remove", member: "Rob" });
    await apart([pia], [quin, rob], async () => {
      await quin.change({ action: "rotate" });
      await quin.change({ action: "rotate" });
    });
    await together([quin, rob], 4);
    await pia.start();
    // Rob has the fourth, which wins over Pia's third.
    assert.equal(await rob.member.ended(), 5);
    await together([pia, quin], 5);
    assert.equal(await pia.secret(), await quin.secret());
  });

  test("is told to nobody who came by the one before to a member that slept, whether it was rotated away or a member removed", async () => {
    const [ana, sam, mal] = await make("64", "Ana", "Sam", "Mal");
    const thieves: Computer[] = [];
    for (const change of [{ action: "remove", member: "Mal" }, { action: "rotate" }]) {
      const invite = (await (thieves.length === 0 ? mal : ana).member.cli("invite")).trim();
      const thief = new Computer(join(root.path, "64"), `127.0.64.${8 + thieves.length}`, `X${thieves.length}`);
      all.push(thief);
      thieves.push(thief);
      await sam.member.stop();
      await ana.change(change);
      await ana.member.stop();
      await sam.start();
      await thief.start("--invite", invite);
      await until("it is in, with the one that slept", async () => (await sam.others()).includes(thief.name));
      await ana.start();
      await together([ana, sam], 1 + thieves.length);
      assert.equal(await ana.secret(), await sam.secret());
      for (const one of [ana, sam]) {
        const { roster } = await one.group();
        assert.ok(!roster.some(({ name }) => name.startsWith("X")), `${one.name} does not know it`);
        await assert.rejects(asking(thief, one, `/v1/group?generation=1&hash=${"0".repeat(64)}`));
      }
      assert.equal((await thief.group()).generation, thieves.length, "it is not told");
    }
    const [first] = thieves;
    await until("it is told why", () => first?.saw(/older than the group's present secret/).length === 1, 60_000);
  });

  test("keeps a removed member out by every route", async () => {
    const [tom, una, vic] = await make("63", "Tom", "Una", "Vic");
    const invite = (await vic.member.cli("invite")).trim();
    const shared = join(root.path, "63", "letters");
    await mkdir(shared);
    await vic.member.cli("share", "add", shared);
    for (const one of [tom, una]) {
      await until("its list is here", async () => {
        const { items } = await one.member.api<{ items: FileView[] }>("/api/v1/files?path=Vic");
        return items.length === 1;
      });
    }
    const { memberId } = await loadIdentity(join(vic.dataDir, "identity.pem"));
    const list = `/v1/catalog/${memberId}`;
    assert.equal((await asking(tom, una, list)).status, 200, "it is handed on");
    const itself = await una.member.ask("/api/v1/group", { method: "POST", body: { action: "remove", member: "Una" } });
    assert.deepEqual([itself.status, /groupshare leave/.test(await itself.text())], [400, true]);

    const old = gossipKey(readInvite(invite).group);
    const swapped = await gossip(`${una.host}:7946`, old, { ...LIST, states: [] });
    const claim = swapped?.kind === "push-pull" && swapped.states.find(({ name }) => name.startsWith("vic-"));
    assert.ok(claim, "with the group's key its list is told, and Vic is on it");
    const line = await connected(vic, una);
    const { group } = await una.change({ action: "remove", member: "Vic" });
    assert.deepEqual(await una.others(), ["Tom"], "it is out of the list at once");
    await until("what it had open is ended", () => line.destroyed, 4_000);
    assert.deepEqual(
      group.removed.map(({ name }) => name),
      ["Vic"],
    );
    await together([tom, una], 2);
    assert.match(await tom.member.cli("group"), /generation 2.*\nUna +here +[0-9a-f]{16}\n.*\nREMOVED.*\nVic /s);
    assert.equal(await vic.member.ended(), 5);
    assert.match(vic.member.log, /Cannot go on in \\"Friends\\": this member was removed from the group/);

    const fresh = (await una.member.cli("invite")).trim();
    const present = readInvite(fresh).group;
    const secret = Buffer.from(present.secret).toString("hex");
    const ids = [tom, una].map(({ member: { ready } }) => ready.member);
    for (const one of [tom, una]) {
      const told = await asking(vic, one, `/v1/group?generation=1&hash=${"0".repeat(64)}`);
      const { removed, ...rest } = JSON.parse(told.text);
      assert.deepEqual([told.status, rest, removed.id], [403, { group: group.id }, memberId]);
      assert.equal(removed.by, (await loadIdentity(join(una.dataDir, "identity.pem"))).memberId, "in her own words");
      assert.ok(!told.text.includes(secret));
      assert.equal((await asking(vic, one, `/v1/catalog/${memberId}`)).status, 404);
      assert.equal((await asking(one === tom ? una : tom, one, list)).status, 404, "nobody hands on its list");
      for (const path of ids.map((id) => `/v1/catalog/${id}`)) {
        assert.equal((await asking(vic, one, path)).status, 404, "nor another's list to it");
      }
      await until(
        "the old key opens nothing",
        async () => (await gossip(`${one.host}:7946`, old, PING)) === null,
        60_000,
      );
      // Whoever gave it the new key: it is known by its id.
      const again = { ...claim, incarnation: claim.incarnation + 10, state: "alive" as const };
      assert.notEqual(await gossip(`${one.host}:7946`, gossipKey(present), { ...LIST, states: [again] }), null);
      assert.ok(!(await one.others()).includes("Vic"));
      const { items } = await one.member.api<{ items: Refused[] }>("/api/v1/history");
      assert.ok(items.some(({ event, why }) => event === "refused" && why === "it was removed from the group"));
    }
    const known = await asking(tom, una, `/v1/group?generation=1&hash=${"0".repeat(64)}`);
    assert.ok(known.status === 200 && known.text.includes(secret), "a member is told");
    for (const args of [[], ["--invite", invite], ["--invite", fresh]]) {
      const again = await groupshare("bundle", ["run", "--headless", "--data-dir", vic.dataDir, ...vic.flags, ...args]);
      assert.equal(again.code, 5, again.stderr);
    }
    const mallory = new Computer(join(root.path, "63"), "127.0.63.9", "Mallory");
    const as = ["run", "--headless", "--data-dir", mallory.dataDir, ...mallory.flags, "--invite", invite];
    const anew = await groupshare("bundle", as);
    assert.deepEqual([anew.code, /older than the group's present secret/.test(anew.stderr)], [1, true], anew.stderr);
    await together([tom, una], 2);
  });
});
