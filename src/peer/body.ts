import type { IncomingMessage } from "node:http";

/** Bytes of an answer that are taken in before they are read. */
const AHEAD = 256 << 10;

/**
 * The body of an answer: fails where it ends before its end, and ends the connection where it is cancelled. Not
 * `Readable.toWeb`, which on Deno takes in all that comes, however slowly it is read.
 */
export function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  let over = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: Error) => {
          if (!over) controller.error(error);
          over = true;
        };
        message.on("data", ({ buffer, byteOffset, byteLength }: Buffer<ArrayBuffer>) => {
          if (over) return;
          controller.enqueue(new Uint8Array(buffer, byteOffset, byteLength));
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        });
        message.once("end", () => {
          if (!over) controller.close();
          over = true;
        });
        message.once("close", () => fail(new Error("the connection ended before the answer did")));
        message.on("error", fail);
        message.pause();
      },
      pull: () => void message.resume(),
      cancel: () => {
        over = true;
        message.destroy();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: AHEAD }),
  );
}
