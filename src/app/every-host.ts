import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, Socket } from "node:net";
import { ownHosts } from "../membership/mod.ts";

/** How long a machine that is busy may take to reach itself, in milliseconds. It takes less than one as a rule. */
const PATIENCE_MS = 5_000;

/**
 * Where to listen for every address of this machine: "::", which takes IPv4 too where the system lets it, or "0.0.0.0".
 * Tried out, since systems and their settings differ, and an address of the other kind may come at any time.
 */
export async function everyHost(): Promise<"::" | "0.0.0.0"> {
  const hosts = ownHosts(true);
  if (hosts.length > 0 && hosts.every(({ host }) => isIPv6(host))) return "::";
  const takesBoth = await Promise.all([streamsOfBoth(), datagramsOfBoth()]);
  return takesBoth.every((both) => both) ? "::" : "0.0.0.0";
}

async function streamsOfBoth(): Promise<boolean> {
  const [server, client] = [createServer(), new Socket()];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  // Whatever comes of them later.
  for (const either of [server, client]) either.on("error", () => undefined);
  server.on("connection", (socket) => socket.on("error", () => undefined).end());
  try {
    server.listen(0, "::");
    await once(server, "listening", { signal });
    const connected = once(client, "connect", { signal });
    client.connect((server.address() as AddressInfo).port, "127.0.0.1");
    await connected;
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
    server.close();
  }
}

/** A socket that does not take IPv4 refuses to send there, too. */
async function datagramsOfBoth(): Promise<boolean> {
  const socket = createSocket("udp6");
  try {
    const listening = once(socket, "listening", { signal: AbortSignal.timeout(PATIENCE_MS) });
    socket.bind(0, "::");
    await listening;
    socket.on("error", () => undefined);
    const { port } = socket.address();
    return await new Promise((resolve) =>
      socket.send("to itself", port, "::ffff:127.0.0.1", (error) => resolve(!error)),
    );
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
