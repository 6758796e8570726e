import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { below, seeded } from "../../src/shared/random.ts";
import type { Said } from "./origin.ts";
import { atEnd, everything, Member, members, newIdentity, tempDir, until } from "./support.ts";

/** `SOAK=50` kills it so many times. */
const TIMES = Number(process.env.SOAK ?? 5);
const SEED = Number(process.env.SEED ?? Date.now() % 100_000);

/** The origin as a process of its own; `said` is the last that it told. */
class Origin {
  readonly #child: ChildProcess;
  said: Said | null = null;

  constructor(dir: string, key: string, seed: number, batches: number) {
    const flags = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--no-maglev-osr"];
    const args = [...flags, "test/catalog/origin.ts", dir, key, String(seed), String(batches)];
    this.#child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on("line", (line) => {
        if (line.startsWith("{")) this.said = JSON.parse(line) as Said;
      });
    }
  }

  /** kill -9, and what it said last. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}

function start(t: TestContext, dir: string, key: string, seed: number, batches: number): Origin {
  const origin = new Origin(dir, key, seed, batches);
  atEnd(t, () => origin.kill());
  return origin;
}

test(`a list whose origin is killed at ${TIMES} moments, among them while it writes its index, ends equal everywhere`, async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const random = seeded(SEED);
  const dir = await tempDir(t);
  const identity = newIdentity();
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const [follower] = await members(t, 1);
  assert.ok(follower);
  const follow = ({ said }: Origin): void => {
    if (said === null) return;
    follower.roads.set(identity.id, said.url);
    follower.catalog.present([{ id: identity.id, epoch: said.epoch, sequence: said.sequence }]);
  };
  const told: Said[] = [];
  for (let time = 0; time < TIMES; time++) {
    const origin = start(t, dir, key, SEED + time, 1_000_000);
    await until("the origin is up", () => origin.said !== null);
    const first = origin.said as Said;
    const before = told.at(-1);
    if (before?.epoch === first.epoch) assert.ok(first.sequence >= before.sequence, "what was told is still there");
    const end = performance.now() + below(random, 250);
    while (performance.now() < end) {
      follow(origin);
      await sleep(5);
    }
    await origin.kill();
    told.push(origin.said as Said);
  }
  const last = start(t, dir, key, SEED, 0);
  await until("the follower has all", () => {
    follow(last);
    const standing = follower.catalog.standing(identity.id);
    return last.said !== null && standing?.epoch === last.said.epoch && standing.sequence === last.said.sequence;
  });
  const copy = await everything(follower.catalog, identity.id);
  await last.kill();
  const origin = new Member(dir, new Map(), identity);
  atEnd(t, () => origin.stop());
  await origin.start();
  assert.deepEqual(copy, await everything(origin.catalog, identity.id));
  assert.ok(copy.length > 10);
  t.diagnostic(`${new Set(told.map(({ epoch }) => epoch)).size} epochs, ${told.at(-1)?.sequence} changes`);
});
