/** Serves a folder as a member serves its shares: `tls CERTIFICATE.json MEMBER-ID FOLDER` or `plain - - FOLDER`; prints its port. */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { type Credentials, PeerServer } from "../../src/peer/mod.ts";
import { fileTime } from "../../src/shared/file-time.ts";
import { listen } from "../../src/shared/http-server.ts";
import { silentLog } from "../../src/shared/log.ts";
import { Counters } from "../../src/transfer/counters.ts";
import { answerWithFile } from "../../src/transfer/serve/answer.ts";

const [kind, certificatePath = "", member, folder = ""] = process.argv.slice(2);
const AT = { host: "127.0.0.1", port: 0 };
const counters = new Counters();
const routes = new Hono();
routes.get("/:name{[a-z]+\\.bin}", async (c) => {
  const handle = await open(join(folder, c.req.param("name")), "r");
  const stats = await handle.stat({ bigint: true });
  return answerWithFile(c, { handle, size: Number(stats.size), mtime: fileTime(stats) }, '"1"', counters);
});

if (kind === "plain") {
  console.log((await listen(routes.fetch, AT, "the bench")).port);
} else {
  const certificate = JSON.parse(await readFile(certificatePath, "utf8")) as Credentials;
  const standing = (id: string) => (id === member ? "member" : null);
  const options = { certificate, routes, open: new Hono(), standing, log: silentLog };
  console.log((await PeerServer.listen(options, AT)).port);
}
