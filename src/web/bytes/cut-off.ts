import type { MiddlewareHandler } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import type { Env } from "../context.ts";

/** Ends an answer under way when its browser is logged out. Its reader learns that it did not get all. */
export const cutOff: MiddlewareHandler<Env> = async function cutOff(c, next) {
  await next();
  const caller = c.get("caller");
  const { body } = c.res;
  if (caller.by !== "session" || body === null) return;
  c.res = new Response(until(body, caller.session.ended, c.env?.outgoing), c.res);
};

function until(
  bytes: ReadableStream<Uint8Array>,
  ended: AbortSignal,
  outgoing: { destroy(): unknown } | undefined,
): ReadableStream<Uint8Array> {
  const reader = bytes.getReader();
  let stop = (): void => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = () => {
          // A failing stream would have the server write why after the bytes; who serves it cancels it when it is gone.
          if (outgoing !== undefined) return void outgoing.destroy();
          const why = new GroupShareError("denied", "Cannot give the rest: this browser was logged out");
          controller.error(why);
          reader.cancel(why).catch(() => undefined);
        };
        stop = () => ended.removeEventListener("abort", end);
        if (ended.aborted) end();
        else ended.addEventListener("abort", end, { once: true });
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (ended.aborted) return;
          if (!done) return controller.enqueue(value);
          stop();
          controller.close();
        } catch (thrown) {
          stop();
          controller.error(thrown);
        }
      },
      async cancel(why) {
        stop();
        await reader.cancel(why);
      },
    },
    { highWaterMark: 0 },
  );
}
