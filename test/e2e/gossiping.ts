import { once } from "node:events";
import { connect } from "node:net";
import type { StreamMessage } from "../../src/membership/core/message.ts";
import type { Wire } from "../../src/membership/wire/layers.ts";
import { encodeStream, StreamReader } from "../../src/membership/wire/stream.ts";

/** One message to a gossip port over TCP, sealed with a key, and what is answered; null: nothing that this key opens. */
export async function gossip(
  endpoint: string,
  key: Uint8Array,
  message: StreamMessage,
  localAddress = "127.0.0.1",
): Promise<StreamMessage | null> {
  const wire: Wire = { keys: [key], label: new Uint8Array(), compress: false };
  const [host = "", port] = endpoint.split(":");
  const socket = connect({ host, port: Number(port), localAddress });
  const reader = new StreamReader(wire, true);
  let heard: StreamMessage | null = null;
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    const read = reader.push(chunk);
    if (read === "more") return;
    if (!("refused" in read)) heard = read;
    socket.destroy();
  });
  socket.setTimeout(10_000, () => socket.destroy());
  socket.write(encodeStream(message, wire, true));
  await once(socket, "close");
  return heard;
}

/** Asks for an answer, whoever it is, and changes nothing. */
export const PING: StreamMessage = { kind: "ping", seq: 7, node: "", replyTo: null, source: "" };
