export { askerOf, type Standing } from "./asker.ts";
export { type PeerAddresses, PeerClient, type PeerResponse } from "./client.ts";
export type { Credentials } from "./owner.ts";
export { PeerServer, type PeerServerOptions } from "./server.ts";
