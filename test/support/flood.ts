import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Run as a program, in a process of its own: opens many connections that never become useful, each replaced by nothing
 * when the other side ends it. Arguments: host, port, how many, how many hosts (127.0.1.1 up) they come from, how many are
 * open at this end at most, what each sends at once, and what every second one goes on to send ten times a second; both as
 * base64. Prints "open" when all were tried, then keeps what is left until it is killed.
 */
const [host = "", port = "", count = "0", hosts = "1", most = "", sends = "", drips = ""] = process.argv.slice(2);
const [first, next] = [Buffer.from(sends, "base64"), Buffer.from(drips, "base64")];
const kept = new Set<Socket>();
/** Handshakes under way at a time: the backlog of a listening socket is a few hundred. */
const AT_ONCE = 200;
let tried = 0;

async function open(): Promise<void> {
  while (tried < Number(count)) {
    if (kept.size >= Number(most)) {
      await sleep(1);
      continue;
    }
    tried += 1;
    const socket = connect({ host, port: Number(port), localAddress: `127.0.1.${1 + (tried % Number(hosts))}` });
    socket.on("error", () => undefined);
    socket.on("close", () => kept.delete(socket));
    // Unread words would keep it from noticing that the other side ended it.
    socket.resume();
    kept.add(socket);
    await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
    if (first.length > 0) socket.write(first);
  }
}

function drip(): void {
  let odd = false;
  for (const socket of kept) {
    odd = !odd;
    if (odd && socket.writable) socket.write(next);
  }
}

if (next.length > 0) setInterval(drip, 100);
await Promise.all(Array.from({ length: AT_ONCE }, open));
process.stdout.write("open\n");
await sleep(600_000);
