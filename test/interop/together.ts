import { before, describe, test } from "node:test";
import { Group } from "./group.ts";

/** What happens in one group. It has the group to itself. */
export type Scenario = (group: Group) => Promise<void>;

const LIMIT_MS = 120_000;
/** Scenarios under way. All at once would keep each other waiting for longer than a probe lasts. */
const AT_ONCE = 10;

/** AES-256, for groups that encrypt. */
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

/** The same, once without a key and once with one. */
export function withoutAndWithKey(scenarios: Readonly<Record<string, Scenario>>): Record<string, Scenario> {
  const both: Record<string, Scenario> = {};
  for (const [sentence, scenario] of Object.entries(scenarios)) {
    both[`${sentence}, in clear`] = scenario;
    both[`${sentence}, encrypted`] = (group) => {
      group.keys = [KEY];
      return scenario(group);
    };
  }
  return both;
}

/**
 * Tests that mostly wait for real time to pass, many at once: Deno's node:test has no concurrency, and one after the other
 * they would take minutes. Those that take longest stand first.
 */
export function together(title: string, scenarios: Readonly<Record<string, Scenario>>, skip: string | false): void {
  const running = new Map<string, Promise<void>>();
  describe(title, { skip }, () => {
    before(() => {
      const waiting = Object.entries(scenarios).map(([sentence, scenario]) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        running.set(sentence, promise);
        // Its test tells of a failure.
        promise.catch(() => {});
        return async () => {
          const result = run(scenario);
          resolve(result);
          await result.catch(() => {});
        };
      });
      for (let lane = 0; lane < AT_ONCE; lane++) void follow(waiting);
    });
    for (const sentence of Object.keys(scenarios)) {
      test(sentence, { timeout: LIMIT_MS }, () => running.get(sentence));
    }
  });
}

/** One after the other, until none waits. */
async function follow(waiting: (() => Promise<void>)[]): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
}

async function run(scenario: Scenario): Promise<void> {
  const group = new Group(Number(process.env.SEED ?? 1));
  try {
    await scenario(group);
  } catch (thrown) {
    throw new Error(`${String(thrown)} (SEED=${group.seed})\n${group.logs()}`, { cause: thrown });
  } finally {
    await group.close();
  }
}
