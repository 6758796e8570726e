import assert from "node:assert/strict";
import { test } from "node:test";
import { Rest } from "../../src/platform/rest.ts";

test("rest begins with the third calm look in a row, has settled with the tenth, and ends with the first that is not calm", () => {
  const turns: string[] = [];
  let look = 0;
  const told = (turn: string) => () => void turns.push(`${turn} at ${look}`);
  const rest = new Rest({ begin: told("begun"), settled: told("settled"), end: told("ended") });
  for (const busy of [0.5, 0.01, 0.02, 0.9, 0.1, 0, 0, 0.05, 0.2, 0, 0, 0, ...Array<number>(20).fill(0.02), 1, 1]) {
    look++;
    rest.look(busy);
  }
  assert.deepEqual(turns, ["begun at 7", "ended at 9", "begun at 12", "settled at 19", "ended at 33"]);
});
