import assert from "node:assert/strict";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { FileView, MemberNews, MemberView, StatusView } from "../../src/app/mod.ts";
import type { PushState } from "../../src/membership/core/message.ts";
import { decodeMeta, encodeMeta } from "../../src/membership/meta.ts";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { gossipKey, type Identity, loadIdentity, readInvite } from "../../src/trust/mod.ts";
import { groupshare, Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { type Attacked, attacked } from "./attacked.ts";
import { gossip } from "./gossiping.ts";
import { Trap } from "./trap.ts";

const HOSTS = { cai: "127.0.6.43", eve: "127.0.6.44", trap: "127.0.6.45" };
/** Of a file of two pieces. */
const TWO_PIECES = (256 << 10) + 1;

describe("who was a member, or says to be another one, gets nothing", { timeout: 120_000 }, () => {
  let ana: Member;
  let ben: Member;
  let folder: Attacked["folder"];
  let end = async (): Promise<void> => undefined;
  let invite: string;
  const others: Member[] = [];

  before(async () => {
    ({ ana, ben, folder, end } = await attacked(6));
    invite = (await ana.cli("invite")).trim();
  });
  after(async () => {
    await Promise.all(others.map((one) => one.kill()));
    await end();
  });

  async function start(name: string, host: string, dataDir: string, ...args: string[]): Promise<Member> {
    const member = await Member.start("bundle", host, folder(dataDir), ["--name", name, "--invite", invite, ...args]);
    others.push(member);
    return member;
  }

  /** What a member says of another's place in the group. */
  async function seenBy(viewer: Member, id: string): Promise<MemberView[]> {
    const { items } = await viewer.api<{ items: MemberView[] }>("/api/v1/members");
    return items.filter((one) => one.id === id);
  }

  async function historyOf(viewer: Member): Promise<MemberNews[]> {
    return (await viewer.api<{ items: MemberNews[] }>("/api/v1/history")).items;
  }

  test("a member that has left reads no list, no folder and no byte, of nobody and from nobody", async () => {
    await writeFile(folder("Things", "two pieces"), Buffer.alloc(TWO_PIECES, "x"));
    const cai = await start("Cai", HOSTS.cai, "cai");
    const listed = async () =>
      (await cai.api<{ items: FileView[] }>("/api/v1/files?path=Ana/Things")).items.find(
        (one) => one.name === "two pieces",
      )?.contentId;
    const root = await until("Cai lists it with its content", listed, 20_000);
    const shares = await ana.api<{ items: { id: string; name: string }[] }>("/api/v1/shares");
    const share = shares.items.find(({ name }) => name === "Things")?.id ?? "";
    const content = `${root}-${TWO_PIECES}`;
    const anas = [
      `/v1/catalog/${ana.ready.member}`,
      `/v1/catalog/${ana.ready.member}?epoch=0123456789abcdef&since=0`,
      `/v1/file/${share}?path=plain.txt`,
      `/v1/content/${content}`,
      `/v1/pieces/${content}`,
      "/v1/folder",
      `/v1/folder/${share}`,
    ];
    // What Ben hands on of Ana's, and what is his own.
    const bens = [`/v1/catalog/${ana.ready.member}`, `/v1/catalog/${ben.ready.member}`, "/v1/folder"];
    const asked = [...anas.map((path) => ({ of: ana, path })), ...bens.map((path) => ({ of: ben, path }))];

    await copyFile(join(cai.dataDir, "identity.pem"), folder("cai.pem"));
    const before = asking(await loadIdentity(folder("cai.pem")));
    for (const { of, path } of asked) {
      const { status, bytes } = await before.get(of, path);
      assert.equal(status, 200, `${path} of ${of.ready.name}, as long as it is a member`);
      if (path.startsWith("/v1/content/")) assert.equal(bytes.length, TWO_PIECES);
      if (path.startsWith("/v1/pieces/")) assert.equal(bytes.length, 2 * 32);
    }

    await cai.cli("leave");
    assert.equal(await cai.ended(), 0);
    for (const one of [ana, ben]) {
      const left = async () => (await historyOf(one)).some(({ event, name }) => event === "left" && name === "Cai");
      await until(`${one.ready.name} heard that it left`, left);
    }
    // On a connection of its own, and on what it kept open from before.
    const later = asking(await loadIdentity(folder("cai.pem")));
    for (const { of, path } of asked) {
      for (const client of [before, later]) {
        const { status, bytes } = await client.get(of, path);
        assert.equal(status, 404, `${path} of ${of.ready.name}, when it has left`);
        assert.ok(bytes.length < 64 && !bytes.includes("plain"), bytes.toString());
      }
    }
    for (const client of [before, later]) client.close();
    for (const one of [ana, ben]) assert.deepEqual(here(await seenBy(one, cai.ready.member)), []);
  });

  test("a second member with the first one's display name makes it be asked which is meant, and gives nothing in its place", async () => {
    await mkdir(folder("eves", "Things"), { recursive: true });
    await writeFile(folder("eves", "Things", "plain.txt"), "Eve's own!");
    const [before] = await seenBy(ben, ana.ready.member);
    assert.ok(before !== undefined);
    const eve = await start("Ana", HOSTS.eve, "eve", "--share", folder("eves", "Things"));
    const [hers] = await until("Ben sees both", async () => {
      const seen = await seenBy(ben, eve.ready.member);
      return seen[0]?.files === 1 ? seen : null;
    });
    assert.deepEqual([hers?.name, hers?.wireName === before.wireName], ["Ana", false]);

    const failed = await groupshare("bundle", ["get", "Ana/Things/plain.txt", "--data-dir", ben.dataDir]);
    assert.equal(failed.code, 4, failed.stderr);
    for (const { wireName } of [before, hers ?? before]) assert.ok(failed.stderr.includes(wireName), failed.stderr);
    for (const route of ["/files/Ana/Things/plain.txt", "/archive/Ana/Things", "/api/v1/files?path=Ana/Things"]) {
      assert.equal((await ben.ask(route)).status, 409, route);
    }
    await ben.cli("get", `${before.wireName}/Things/plain.txt`, "--wait");
    assert.equal(await (await ben.ask(`/files/${before.wireName}/Things/plain.txt`)).text(), "plain.txt");
    const { counters } = await eve.api<StatusView>("/api/v1/status");
    assert.deepEqual([counters.requestsServed, counters.bytesServed], [0, 0], "Eve was asked for no byte");
    assert.equal(
      await (await ben.ask(`/files/${hers?.wireName}/Things/plain.txt`)).text(),
      "Eve's own!",
      "unless she is meant",
    );
    const [after] = here(await seenBy(ben, ana.ready.member));
    assert.deepEqual(standingOf(after), standingOf(before));
    await eve.stop();
  });

  test("who claims the first one's id or name under another key is asked for nothing, and changes nothing for longer than it is denied", async () => {
    const key = gossipKey(readInvite(invite).group);
    const eve = await loadIdentity(folder("eve.pem"));
    const trap = await Trap.open(eve, HOSTS.trap);
    const tell = async (to: Member, states: readonly PushState[]) => {
      const said = { kind: "push-pull", join: true, userState: new Uint8Array(), states } as const;
      const told = await gossip(to.ready.gossip ?? "", key, said);
      assert.ok(told?.kind === "push-pull", JSON.stringify(told));
      return told.states;
    };
    try {
      const own = (await tell(ben, [])).find(({ meta }) => decodeMeta(meta)?.id === ana.ready.member);
      const meta = own === undefined ? null : decodeMeta(own.meta);
      assert.ok(own !== undefined && meta !== null);
      const [before] = await seenBy(ben, ana.ready.member);
      const list = await ben.cli("ls", "--recursive", `${own.name}/Things`);
      const there = { host: Uint8Array.from(HOSTS.trap.split("."), Number), port: trap.port };
      // As far on as it likes, and with a list that has to be fetched.
      const claim = { ...own, address: there, incarnation: own.incarnation + 10, state: "alive" as const };
      const lure = {
        ...meta,
        peerPort: trap.port,
        addresses: [],
        epoch: "0123456789abcdef",
        sequence: meta.sequence + 1_000,
      };
      const short = ana.ready.member.slice(0, 16);
      const claims: Record<string, PushState> = {
        "her name, another id": { ...claim, meta: encodeMeta({ ...lure, id: eve.memberId }) },
        "her name, an id that begins as hers": {
          ...claim,
          meta: encodeMeta({ ...lure, id: `${short}${eve.memberId.slice(16)}` }),
        },
        "her id under a name of its own": {
          ...claim,
          name: `eve-${eve.memberId.slice(0, 16)}`,
          meta: encodeMeta(lure),
        },
        "her id under a second name": { ...claim, name: `anna-${short}`, meta: encodeMeta(lure) },
        "all that she is, elsewhere": { ...claim, meta: encodeMeta(lure) },
      };
      for (const [what, state] of Object.entries(claims)) {
        await tell(ben, [state]);
        const read = (): Promise<string> =>
          ben.ask(`/files/${own.name}/Things/plain.txt`).then((answer) => answer.text());
        for (const text of await Promise.all([read(), read(), read()])) {
          assert.ok(text === "plain.txt" || /"code":"unreachable"/.test(text), `${what}: ${text}`);
        }
        // She hears of it as of all news, and denies it; whoever else was made up goes as it came.
        await tell(ana, [state]);
        if (state.name !== own.name) await tell(ben, [{ ...state, state: "left" }]);
        await until(
          `all is hers: ${what}`,
          async () => {
            const seen = here(await seenBy(ben, ana.ready.member));
            assert.deepEqual(seen.map(standingOf), [standingOf(before)], what);
            assert.equal(await ben.cli("ls", "--recursive", `${own.name}/Things`), list, what);
            assert.equal(await read(), "plain.txt", what);
            return true;
          },
          20_000,
        );
      }
      assert.ok(trap.connections > 0, "Ben went to see who is there");
      assert.equal(trap.heard, "", "and asked for nothing");
      for (const member of [ana, ben]) {
        const refused = (await historyOf(member)).filter(({ event }) => event === "refused");
        assert.ok(refused.every(({ address }) => address === `${HOSTS.trap}:${trap.port}`));
        const told = new Set(refused.map(({ wireName, why }) => `${wireName}: ${why}`));
        const why = member === ana ? "it is this member's name" : "this name belongs to another member";
        assert.deepEqual([...told], [`${own.name}: ${why}`], `what ${member.ready.name} tells`);
      }
    } finally {
      await trap.close();
    }
  });
});

/** Those of a list that are not gone. */
function here(seen: readonly MemberView[]): MemberView[] {
  return seen.filter(({ state }) => state !== "left" && state !== "dead");
}

/** What must be the same of a member, whatever others say of it; its incarnation grows as it denies that. */
function standingOf(view: MemberView | undefined) {
  if (view === undefined) return null;
  const { id, name, wireName, address, files, bytes } = view;
  return { id, name, wireName, address, files, bytes };
}

/** Asks on peer ports with a key, as whoever has a copy of it can. */
function asking(as: Identity) {
  const client = new PeerClient({ certificate: as.certificate, connect: connectTls });
  return {
    async get(of: Member, path: string): Promise<{ status: number; bytes: Buffer }> {
      const [host = "", port = ""] = of.ready.peer?.split(":") ?? [];
      const at = { id: of.ready.member, name: of.ready.name, hosts: [host], port: Number(port) };
      const { status, body } = await client.get(at, path, { signal: AbortSignal.timeout(10_000) });
      return { status, bytes: Buffer.from(await new Response(body).arrayBuffer()) };
    },
    close: () => client.close(),
  };
}
