export { type PeerAddresses, PeerClient, type PeerResponse } from "./client.ts";
