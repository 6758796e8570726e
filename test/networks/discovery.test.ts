import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import type { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { GroupView, NearbyView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";
import { type Host, Network, noNetworks } from "./network.ts";
import { allTogether, Resident } from "./resident.ts";

const lan = (last: number) => ({ on: "lan", addresses: [`10.43.0.${last}/24`] });

describe("discovery", { skip: noNetworks, timeout: 120_000 }, () => {
  test("an invite with no live address leads to the group by what its members announce", async (t) => {
    const network = await Network.of(t);
    const host = await network.host("Ana", lan(1));
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    const before = await Resident.startOn(t, host, folder.path, "--group", "Found", "--gossip", "10.43.0.1:7000");
    const invite = await before.invite();
    await before.stop();
    const ana = await Resident.startOn(t, host, folder.path, "--gossip", "10.43.0.1:7001");
    const ben = await Resident.start(t, await network.host("Ben", lan(2)), "--invite", invite);
    await allTogether([ana, ben]);
  });

  test("a member whose friends all have other addresses than it remembers finds them again", async (t) => {
    const network = await Network.of(t);
    const [one, two] = [await network.host("Ana", lan(1)), await network.host("Ben", lan(2))];
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    const [anaDir, benDir] = [join(folder.path, "ana"), join(folder.path, "ben")];
    const ana = await Resident.startOn(t, one, anaDir, "--group", "Lost");
    const ben = await Resident.startOn(t, two, benDir, "--invite", await ana.invite());
    await allTogether([ana, ben]);
    await Promise.all([ana.stop(), ben.stop()]);
    await one.removeAddress("10.43.0.1/24");
    await one.addAddress("10.43.0.101/24");
    await two.removeAddress("10.43.0.2/24");
    await two.addAddress("10.43.0.102/24");
    const again = await Promise.all([Resident.startOn(t, one, anaDir), Resident.startOn(t, two, benDir)]);
    await allTogether(again);
  });

  test("groups nearby are told by name, not those that do not announce themselves", async (t) => {
    const network = await Network.of(t);
    const ana = await Resident.start(t, await network.host("Ana", lan(1)), "--group", "Grün & Co");
    await Resident.start(t, await network.host("Ben", lan(2)), "--group", "Hidden", "--no-discovery");
    const eve = await Resident.start(t, await network.host("Eve", lan(3)), "--group", "Other");
    const items = await until("Eve hears of a group", async () => {
      const nearby = await eve.api<{ items: NearbyView[] }>("/api/v1/nearby");
      return nearby.items.length > 0 && nearby.items;
    });
    assert.deepEqual(
      items.map(({ name, address }) => [name, address]),
      [["Grün & Co", "10.43.0.1:7946"]],
    );
    assert.match(items[0]?.hash ?? "", /^[0-9a-f]{16}$/);
    assert.match(await eve.cli("nearby"), /Grün & Co/);
    await ana.stop();
    await until("Eve hears its goodbye", async () => !(await eve.cli("nearby")).includes("Grün"));
  });

  test("avahi-browse shows a member across a bridge, with its group's name and hash, and no secret", {
    skip: lacks("avahi-daemon") || lacks("avahi-browse") || lacks("dbus-daemon"),
  }, async (t) => {
    const network = await Network.of(t);
    const ana = await Resident.start(t, await network.host("Ana", lan(1)), "--group", "Family");
    const observer = await Observer.start(t, await network.host("Observer", lan(2)));
    const found = await until("avahi finds Ana", async () => {
      return (await observer.browse()).find((line) => line.startsWith("=;eth0;IPv4;ana-"));
    });
    const [, , , name, type, , host, address, port, txt] = found.split(";");
    assert.equal(name, `ana-${ana.ready.member.slice(0, 16)}`);
    assert.equal(type, "_groupshare._tcp");
    assert.equal(host, `${name}.local`);
    assert.deepEqual([address, port], ["10.43.0.1", "7946"]);
    const { group } = await ana.api<{ group: GroupView }>("/api/v1/group");
    const hash = createHash("sha256").update(Buffer.from(group.id, "hex")).digest("hex").slice(0, 16);
    assert.deepEqual(txt?.split(" ").sort(), ['"group=Family"', `"id=${hash}"`]);
    await ana.stop();
    await until("avahi hears its goodbye", async () => !(await observer.browse()).join().includes("ana-"));
  });

  test("what strangers send to the port of discovery ends nothing", async (t) => {
    const network = await Network.of(t);
    const [one, two] = [await network.host("Ana", lan(1)), await network.host("Eve", lan(3))];
    const ana = await Resident.start(t, one, "--group", "Noise");
    const noise = two.spawn(process.execPath, ["-e", `(${makeNoise.toString()})(require("node:dgram").createSocket)`]);
    await once(noise, "exit");
    const ben = await Resident.start(t, await network.host("Ben", lan(2)), "--invite", await ana.invite());
    await allTogether([ana, ben]);
    assert.deepEqual(
      ana.lines.filter(({ level }) => level === "error"),
      [],
    );
  });

  test("where there is no network one line says so, and nothing else is amiss", async (t) => {
    const network = await Network.of(t);
    const ana = await Resident.start(t, await network.host("Ana"), "--group", "Alone");
    await ana.sees(["Ana"]);
    const told = ana.lines.filter(({ msg }) => msg.includes("not found by themselves"));
    assert.equal(told.length, 1);
  });
});

/** Runs in a process of its own: a thousand answers to questions about members, each broken in another way. */
function makeNoise(create: typeof createSocket): void {
  const socket = create("udp4");
  const name = (text: string) =>
    text
      .split(".")
      .flatMap((part) => [part.length, ...Buffer.from(part)])
      .concat(0);
  const type = name("_groupshare._tcp.local");
  const own = name("x._groupshare._tcp.local");
  const record = (owner: number[], kind: number, data: number[]) => {
    return [...owner, 0, kind, 0, 1, 0, 0, 0, 120, data.length >> 8, data.length & 255, ...data];
  };
  const txt = Buffer.from("group=../../etc");
  const good = [
    ...[0, 0, 0x84, 0, 0, 0, 0, 3, 0, 0, 0, 0],
    ...record(type, 12, own),
    ...record(own, 33, [0, 0, 0, 0, 0, 0, ...name("x.local")]),
    ...record(own, 16, [txt.length, ...txt]),
  ];
  let seed = 7;
  const next = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed % limit;
  };
  socket.bind(0, () => {
    for (let i = 0; i < 1_000; i++) {
      const bytes = Buffer.from(good);
      for (let changes = next(6); changes > 0; changes--) bytes[next(bytes.length)] = next(256);
      const end = next(3) === 0 ? next(bytes.length) : bytes.length;
      socket.send(bytes.subarray(0, end), 5_353, "10.43.0.1");
    }
    setTimeout(() => socket.close(), 300);
  });
}

/** Debian's avahi on a machine, with a message bus of its own. */
class Observer {
  readonly #host: Host;
  readonly #bus: string;

  private constructor(host: Host, bus: string) {
    this.#host = host;
    this.#bus = bus;
  }

  static async start(t: TestContext, host: Host): Promise<Observer> {
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    const bus = `unix:path=${join(folder.path, "bus")}`;
    const busConfig = join(folder.path, "bus.conf");
    await writeFile(
      busConfig,
      `<busconfig><listen>${bus}</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true"/>
<allow receive_requested_reply="true"/></policy></busconfig>`,
    );
    const config = join(folder.path, "avahi.conf");
    await writeFile(config, "[server]\nhost-name=observer\n[publish]\ndisable-publishing=yes\n");
    const env = { DBUS_SYSTEM_BUS_ADDRESS: bus };
    const kept: ChildProcess[] = [];
    t.after(() => {
      for (const child of kept) child.kill("SIGTERM");
    });
    kept.push(host.spawn("dbus-daemon", [`--config-file=${busConfig}`, "--nofork", "--nopidfile"], env));
    // Its file of process ids is for one avahi a machine; what is mounted here, nobody else sees.
    const start = `mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon \
      --no-drop-root --no-chroot --no-rlimits --no-proc-title -f "$0"`;
    const observer = new Observer(host, bus);
    await until("the bus is there", () => host.run("test", "-S", join(folder.path, "bus")).then(() => true));
    kept.push(host.spawn("sh", ["-c", start, config], env));
    await until("avahi answers", () => observer.browse().then(() => true));
    return observer;
  }

  /** `avahi-browse` of all members, a line each as it prints them for scripts. */
  async browse(): Promise<string[]> {
    const env = `DBUS_SYSTEM_BUS_ADDRESS=${this.#bus}`;
    return (await this.#host.run("env", env, "avahi-browse", "-rpt", "_groupshare._tcp")).split("\n");
  }
}
