import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Hono } from "hono";
import type { Presence } from "../../src/catalog/mod.ts";
import { atEnd, close, everything, file, gone, listen, members, ROOT, share, until } from "./support.ts";

/** What happens to a group of three, of which one changes its list. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      count: fc.integer({ min: 1, max: 300 }),
      seed: fc.nat(50),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("restart" as const), who: fc.nat(2) }) },
  /** Answers of the origin end after so many bytes from now on. */
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("cut" as const), after: fc.integer({ min: 10, max: 20_000 }) }),
  },
  /** What was announced before is heard again, and what is announced now. */
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("hear" as const), back: fc.nat(4), who: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "epoch" as const }) },
  /** The origin is out of reach, and lists come from whoever has them. */
  { weight: 1, arbitrary: fc.constant({ kind: "away" as const }) },
);

test("any sequence of exchanges with cuts, restarts and old announcements ends in equal lists", async (t) => {
  const group = await members(t, 3);
  const [origin, b, c] = group;
  assert.ok(origin && b && c);
  let limit = Number.POSITIVE_INFINITY;
  const cutter = new Hono().get("*", async (context) => {
    const { pathname, search } = new URL(context.req.url);
    const answer = await fetch(`${roadOf.origin}${pathname}${search}`);
    const bytes = await answer.bytes();
    return context.body(bytes.subarray(0, limit), answer.status as 200);
  });
  const roadOf = { origin: origin.roads.get(origin.id) ?? "" };
  const { server, url } = await listen(cutter);
  atEnd(t, () => close(server));
  const through = (): void => {
    if (origin.roads.get(origin.id) !== url) roadOf.origin = origin.roads.get(origin.id) ?? roadOf.origin;
    origin.roads.set(origin.id, url);
  };
  through();
  const announced: Presence[] = [];
  const announce = (): void => {
    const { epoch, sequence } = origin.catalog.own;
    announced.push({ id: origin.id, epoch, sequence });
  };
  const hear = (who: number, what: Presence | undefined): void => {
    const [member, other] = who === 1 ? [b, c] : [c, b];
    if (what !== undefined)
      member.catalog.present([what, { id: other.id, epoch: other.catalog.own.epoch, sequence: 0 }]);
  };
  const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
    await origin.catalog.commit([share()]);
    announce();
    for (const step of steps) {
      if (step.kind === "commit") {
        const names = Array.from({ length: step.count }, (_, i) => `d${(i + step.seed) % 13}/f${(i * step.seed) % 97}`);
        await origin.catalog.commit(
          names.map((name, i) => (i % 9 === 8 ? gone(name) : file(name, 1 + i + step.seed, ROOT))),
        );
        announce();
        for (const who of [1, 2]) hear(who, announced.at(-1));
      } else if (step.kind === "cut") limit = step.after;
      else if (step.kind === "away") origin.roads.delete(origin.id);
      else if (step.kind === "hear") hear(step.who, announced.at(-1 - step.back));
      else if (step.kind === "epoch") {
        const { epoch, sequence } = origin.catalog.own;
        await origin.catalog.heardOfSelf({ epoch, sequence: sequence + 1 });
        announce();
      } else {
        const member = group[step.who];
        await member?.stop();
        await (await member?.start())?.listen();
        through();
      }
    }
    limit = Number.POSITIVE_INFINITY;
    through();
    await until("both have all", () => {
      announce();
      for (const who of [1, 2]) hear(who, announced.at(-1));
      const { epoch, sequence } = origin.catalog.own;
      return [b, c].every(({ catalog }) => {
        const standing = catalog.standing(origin.id);
        return standing?.epoch === epoch && standing.sequence === sequence;
      });
    });
    const own = await everything(origin.catalog, origin.id);
    for (const { catalog } of [b, c]) assert.deepEqual(await everything(catalog, origin.id), own);
  });
  await fc.assert(property, { numRuns: process.env.SOAK === undefined ? 6 : 60, endOnFailure: true });
});
