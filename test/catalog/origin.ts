/**
 * A member that changes its list all the time and writes its index often, to be killed at any moment. Arguments: its
 * folder, its private key as PEM, a seed, and how many changes it makes (0: none, it only answers). Says on stdout where
 * it listens, and after each commit where its list stands.
 */
import { createPrivateKey, createPublicKey, hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Change } from "../../src/shared/entry.ts";
import { below, seeded } from "../../src/shared/random.ts";
import { file, folder, gone, Member, ROOT, share } from "./support.ts";

/** One line that it says. */
export interface Said {
  readonly url: string;
  readonly epoch: string;
  readonly sequence: number;
}

async function main(): Promise<void> {
  const [dir = "", key = "", seed = "1", batches = "0"] = process.argv.slice(2);
  const privateKey = createPrivateKey(key);
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const identity = { id: hash("sha256", spki, "hex"), publicKey: new Uint8Array(spki), privateKey };
  const member = new Member(dir, new Map(), identity);
  await member.start();
  await member.listen();
  const say = (): void => {
    const { epoch, sequence } = member.catalog.own;
    const said: Said = { url: member.roads.get(member.id) ?? "", epoch, sequence };
    process.stdout.write(`${JSON.stringify(said)}\n`);
  };
  say();
  const random = seeded(Number(seed));
  const path = (): string => `d${below(random, 5)}/e${below(random, 5)}/f${below(random, 40)}`;
  const change = (): Change => {
    const dice = below(random, 10);
    if (dice === 0) return gone(`d${below(random, 5)}/e${below(random, 5)}`);
    if (dice < 3) return gone(path());
    return dice === 3
      ? folder(path())
      : file(path(), 1 + below(random, 1_000), dice < 7 ? ROOT : null, below(random, 1_000));
  };
  for (let batch = 0; batch < Number(batches); batch++) {
    await member.catalog.commit([share(), ...Array.from({ length: 1 + below(random, 60) }, change)]);
    if (batch % 3 === 2) void member.catalog.saveImage();
    say();
  }
  // Until it is killed.
  for (;;) await sleep(1_000);
}

void main();
