import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { listen } from "../../src/shared/http-server.ts";
import { LIMITS } from "../../src/shared/limits.ts";
import { site, TOKEN } from "./site.ts";

const MB = 1 << 20;
/** What an answer to the worst request may take, four times what it should. Milliseconds. */
const LONG = 4 * 500;
const JSON_BODY = { "content-type": "application/json" };

interface Asked {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** 0: the connection may also be ended. */
  readonly expected: readonly number[];
}

const CUT = [0, 400, 413, 414, 431];

const HOSTILE: readonly Asked[] = [
  { what: "a query of 4 MiB", path: `/api/v1/search?q=${"x".repeat(4 * MB)}`, expected: CUT },
  { what: "a header of 4 MiB", path: "/", headers: { "x-long": "x".repeat(4 * MB) }, expected: CUT },
  { what: "thousands of headers", path: "/", headers: many(5_000), expected: [...CUT, 401] },
  { what: "a query of 3 000 parameters", path: `/api/v1/search?${"a=1&".repeat(3_000)}q=x`, expected: [200, ...CUT] },
  { what: "a question longer than any name", path: `/api/v1/search?q=${"x".repeat(9_000)}`, expected: [400] },
  { what: "a path of 4 000 folders", path: `/files/${"a/".repeat(4_000)}`, expected: [400] },
  { what: "a form of 4 MiB", path: "/act/get", method: "POST", body: `path=${"x".repeat(4 * MB)}`, expected: [413, 0] },
  { what: "a form of 150 000 fields", path: "/act/get", method: "POST", body: fields("path"), expected: [400, 413] },
  {
    what: "a tree of 150 000 open folders",
    path: "/pane/tree",
    method: "POST",
    body: fields("open"),
    expected: [400, 413],
  },
  {
    what: "a million brackets",
    path: "/api/v1/downloads",
    method: "POST",
    headers: JSON_BODY,
    body: "[".repeat(LIMITS.apiBody),
    expected: [400],
  },
  {
    what: "a list of 300 000 paths",
    path: "/api/v1/downloads",
    method: "POST",
    headers: JSON_BODY,
    body: JSON.stringify({ paths: Array.from({ length: 300_000 }, () => "") }),
    expected: [400],
  },
];

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, "1"]));
}

function fields(name: string): string {
  return `${name}=a&`.repeat(Math.floor(LIMITS.apiBody / (name.length + 3)) - 1);
}

test("requests of hostile sizes are refused soon, and the next honest one is answered", async () => {
  const { app, needs } = site({ hosts: ["127.0.0.1"] });
  needs.addMember("Ana", { a: 1 });
  const server = await listen(app.fetch as never, { host: "127.0.0.1", port: 0 }, "a test");
  const ask = ({ method = "GET", path, headers = {}, body }: Omit<Asked, "what" | "expected">) =>
    new Promise<number>((resolve) => {
      const more = { host: "127.0.0.1:7380", authorization: `Bearer ${TOKEN}`, ...headers };
      const asked = request(
        { host: "127.0.0.1", port: server.port, agent: false, method, path, headers: more },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      asked.on("error", () => resolve(0));
      asked.end(body);
    });
  try {
    for (const { what, expected, ...asked } of HOSTILE) {
      const start = performance.now();
      const status = await ask(asked);
      const took = performance.now() - start;
      assert.ok(expected.includes(status), `${what}: ${status}`);
      assert.ok(took < LONG, `${what}: ${took} ms`);
      assert.equal(await ask({ path: "/healthz" }), 200, what);
    }
  } finally {
    await server.close();
  }
});
