import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import type { Needs, News } from "../needs.ts";

/** News of one kind reaches a page at most once in this time: five times a second. Milliseconds. */
const PAUSE = 200;
/** A comment goes out this often, so that both ends and anything between notice a dead connection. Milliseconds. */
const HEARTBEAT = 15_000;
/** Different news that wait for a page before the oldest are let go. Count. */
const MOST_PENDING = 1_000;
/** Events that may wait unread for a page that does not read before they are put together. Count. */
const UNREAD = 16;

/** The texts of the server-sent events that tell some news, when they are sent. */
type Phrase = (news: News) => readonly string[];

/**
 * A stream of server-sent events that ends when its reader goes, or is `gone` for who serves it. News are states, not deltas: what comes while an
 * earlier one of its kind is still to be sent is the same news, so a slow page costs no memory.
 */
export function newsStream(
  needs: Pick<Needs, "subscribe">,
  phrase: Phrase,
  { method, gone }: { readonly method: string; readonly gone: AbortSignal },
): Response {
  const headers = { "cache-control": "no-store", "content-type": "text/event-stream", "x-accel-buffering": "no" };
  // An answer to HEAD has no body, so nobody would ever end its stream.
  if (method === "HEAD") return new Response(null, { headers });
  const encoder = new TextEncoder();
  const pending = new Map<string, News>();
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const flush = () => {
          timer = undefined;
          if (pending.size === 0) return;
          if ((controller.desiredSize ?? 0) > 0) {
            const events = new Set([...pending.values()].flatMap(phrase));
            controller.enqueue(encoder.encode([...events].join("")));
            pending.clear();
          }
          timer = setTimeout(flush, PAUSE);
        };
        const unsubscribe = needs.subscribe((news) => {
          pending.set(JSON.stringify(news), news);
          for (const oldest of pending.keys()) {
            if (pending.size <= MOST_PENDING) break;
            pending.delete(oldest);
          }
          if (timer === undefined) flush();
        });
        const heartbeat = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": alive\n\n"));
        }, HEARTBEAT);
        heartbeat.unref();
        stop = () => {
          unsubscribe();
          clearInterval(heartbeat);
          clearTimeout(timer);
          stop = () => undefined;
        };
        const end = () => {
          stop();
          try {
            controller.close();
          } catch {
            // Its reader went first.
          }
        };
        gone.addEventListener("abort", end, { once: true });
        controller.enqueue(encoder.encode(": welcome\n\n"));
      },
      cancel: () => stop(),
    },
    { highWaterMark: UNREAD },
  );
  return new Response(stream, { headers });
}

/** News as scripts read them: the kind as the event's name, all of it as JSON; of shares, the list as it is then, too. */
export function forScripts(needs: Pick<Needs, "shares">): Phrase {
  return (news) => {
    const told = news.kind === "shares" ? { ...news, items: needs.shares() } : news;
    return [`event: ${news.kind}\ndata: ${JSON.stringify(told)}\n\n`];
  };
}

/**
 * News as the page hears them: named events without content, on which panes fetch themselves anew. A member's list
 * is told twice, as `catalog:MEMBERID` for the pane that shows it and as `catalog` for those that show all.
 */
export const forPages: Phrase = (news) => eventsOf(news).map((event) => `event: ${event}\ndata:\n\n`);

/** Of what became of one member a page only hears that there is something new: that the list changed is told beside it. */
function eventsOf(news: News): readonly string[] {
  if (news.kind === "member") return ["history"];
  return news.kind === "catalog" ? [`catalog:${news.member}`, "catalog"] : [news.kind];
}
