import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { TestContext } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { Hono } from "hono";
import {
  askerOf,
  type PeerAddresses,
  PeerClient,
  PeerServer,
  type PeerServerOptions,
  type Standing,
} from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { silentLog } from "../../src/shared/log.ts";
import { certify } from "../../src/trust/certificate.ts";

/** Somebody with a key of its own; a member wherever a server takes its id for one. */
export interface Somebody {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly certificate: { readonly cert: string; readonly key: string };
}

export async function somebody(): Promise<Somebody> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return {
    id: createHash("sha256").update(spki).digest("hex"),
    privateKey,
    certificate: await certify(privateKey),
  };
}

/** A member that serves, who may ask it what, and what it was asked. */
export interface Served {
  readonly owner: Somebody;
  readonly server: PeerServer;
  readonly port: number;
  /** Member ids and their standing; may be changed at any time. */
  readonly standings: Map<string, Standing>;
  /** Paths of all requests that came to a handler. */
  readonly asked: string[];
  /** Where a client finds it. */
  readonly address: PeerAddresses;
}

/** Serves, until the test ends: `/who` says who asks, `/v1/group` is open to the known; `more` adds routes for members. */
export async function serve(
  t: TestContext,
  members: readonly Somebody[],
  more: (app: Hono) => void = () => undefined,
  options: Partial<PeerServerOptions> = {},
): Promise<Served> {
  const owner = await somebody();
  const standings = new Map<string, Standing>(members.map(({ id }) => [id, "member"]));
  const asked: string[] = [];
  const open = new Hono();
  open.use((c, next) => {
    asked.push(c.req.path);
    return next();
  });
  open.get("/v1/group", (c) => c.text("the new secret"));
  const routes = new Hono();
  routes.route("/", open);
  routes.get("/who", (c) => c.text(askerOf(c)));
  more(routes);
  const standing = (id: string) => standings.get(id) ?? null;
  const server = await PeerServer.listen(
    { certificate: owner.certificate, routes, open, standing, connect: connectTls, log: silentLog, ...options },
    { host: "127.0.0.1", port: 0 },
  );
  t.after(() => server.close());
  const address = { id: owner.id, name: "Ana", hosts: ["127.0.0.1"], port: server.port };
  return { owner, server, port: server.port, standings, asked, address };
}

/** The client of a member, until the test ends. */
export function clientOf(t: TestContext, { certificate }: Somebody): PeerClient {
  const client = new PeerClient({ certificate, connect: connectTls });
  t.after(() => client.close());
  return client;
}

export const never = (): AbortSignal => new AbortController().signal;

/** What GET answers: the status and the text. */
export async function ask(
  client: PeerClient,
  address: PeerAddresses,
  path = "/who",
): Promise<{ status: number; text: string }> {
  const answer = await client.get(address, path, { signal: never() });
  return { status: answer.status, text: await new Response(answer.body).text() };
}

/** A connection as whoever likes may make one, and all that comes of it until it ends. */
export interface Attempt {
  readonly socket: TLSSocket;
  /** Resolves when the handshake is done, as far as this end can tell. */
  readonly secure: Promise<void>;
  /** All that was received, once the connection has ended for whatever reason. */
  readonly ended: Promise<string>;
  /** What was received so far. */
  received(): string;
}

export function attempt(t: TestContext, port: number, options: ConnectionOptions): Attempt {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  const secure = new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("close", () => reject(new Error("ended during the handshake")));
  });
  secure.catch(() => undefined);
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  return { socket, secure, ended, received: () => text };
}

/** One whole request, as bytes. */
export const REQUEST = "GET /who HTTP/1.1\r\nHost: groupshare\r\n\r\n";

/**
 * A private key (SEC1, RFC 5915, PEM) of one's own scalar with the public point of another: whoever only compares points
 * takes it for the other's.
 */
export function mixedKey(own: KeyObject, others: KeyObject): string {
  const word = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
  const { d } = own.export({ format: "jwk" });
  const { x, y } = others.export({ format: "jwk" });
  const head = Buffer.from("30770201010420", "hex");
  const curve = Buffer.from("a00a06082a8648ce3d030107a14403420004", "hex");
  const body = Buffer.concat([head, word(d), curve, word(x), word(y)]).toString("base64");
  return `-----BEGIN EC PRIVATE KEY-----\n${body.replaceAll(/.{64}/g, "$&\n")}\n-----END EC PRIVATE KEY-----\n`;
}
