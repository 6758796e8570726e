import assert from "node:assert/strict";
import { test } from "node:test";
import type { Input } from "../../src/membership/core/effects.ts";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { pick } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";
import { presentFor } from "./member.ts";

/** Of claims about members; pings and their answers have numbers of their own. */
const CLAIMS = ["alive", "suspect", "dead"];
/** Longer than it takes to hear an accusation, refute it and be heard. Milliseconds. */
const ONE_REFUTATION = 500;

/** Longer than what was said is remembered, so that it is heard again. */
const FORGOTTEN = 120_000;

/** A group with a past: somebody was suspect, buried, gone and back, moved by its restart, and has had other meta. */
function withPast(seed: number): { lan: Lan; recorded: Extract<Input, { kind: "packet" }>[] } {
  const recorded: Extract<Input, { kind: "packet" }>[] = [];
  const lan: Lan = new Lan({
    seed,
    rejoin: true,
    watch: {
      sent: (host, { parts }) => {
        const messages: PacketMessage[] = parts.map(({ message }) => message);
        if (messages.some(({ kind }) => CLAIMS.includes(kind))) {
          recorded.push({ kind: "packet", from: host.address, messages });
        }
      },
    },
  });
  const [, slow, stopped, crashed, leaver, told] = lan.group(6) as [Host, Host, Host, Host, Host, Host];
  lan.ail(slow, "slow", 3_000);
  lan.ail(stopped, "stopped", 20_000);
  lan.crash(crashed);
  lan.leave(leaver);
  lan.feed(told, { kind: "meta", meta: Uint8Array.of(1, 2, 3) });
  lan.run(25_000);
  lan.start(crashed);
  lan.start(leaver);
  lan.until(() => lan.agreed(), 60_000);
  lan.feed(told, { kind: "meta", meta: Uint8Array.of(4, 5, 6) });
  return { lan, recorded };
}

test("old claims of all kinds, said again when nobody remembers them, change nothing for longer than one refutation", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { lan, recorded } = withPast(seed);
    lan.run(FORGOTTEN);
    const past = [...recorded];
    for (const kind of CLAIMS) {
      assert.ok(
        past.some(({ messages }) => messages.some((message) => message.kind === kind)),
        `seed ${seed}: no ${kind} was ever said`,
      );
    }
    const states = () => lan.running().flatMap(({ swim }) => swim?.members() ?? []);
    const metas = states().map(({ name, meta, address }) => [name, [...meta], address]);
    let wrongSince: number | null = null;
    for (let i = 0; i < 2_000; i++) {
      const [input, host] = [pick(lan.random, past, 1)[0], pick(lan.random, lan.running(), 1)[0]];
      if (input === undefined || host === undefined) throw new Error("nobody, or nothing to say");
      lan.feed(host, input);
      lan.run(5);
      const wrong = states().some(({ state }) => state !== "alive");
      wrongSince = wrong ? (wrongSince ?? lan.now) : null;
      assert.ok(wrongSince === null || lan.now - wrongSince < ONE_REFUTATION, `seed ${seed}, message ${i}`);
      assert.ok(
        states().every(({ state }) => state !== "dead" && state !== "left"),
        `seed ${seed}: message ${i} buried somebody`,
      );
    }
    lan.run(1_000);
    for (const host of lan.running()) assert.equal(presentFor(host), 6, `seed ${seed}`);
    assert.deepEqual(
      states().map(({ name, meta, address }) => [name, [...meta], address]),
      metas,
      `seed ${seed}`,
    );
  }
});
