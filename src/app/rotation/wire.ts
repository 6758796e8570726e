import { Hono } from "hono";
import { z } from "zod";
import { askerOf, type PeerResponse } from "../../peer/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { fromHex, toHex } from "../../shared/hex.ts";
import { type Knowledge, rosterShape, secretHash, type Told } from "../../trust/mod.ts";

/** The one path of the peer port that also those are answered at who are only known from before. */
const PATH = "/v1/group";
/** Bytes of an answer: both lists at their ceilings, with names and hosts of usual length. */
const MAX_BYTES = 4 << 20;

/** What another member answered: what it knows, or that this one was removed. */
export type Answer =
  | {
      readonly kind: "told";
      readonly told: Told;
      /** Whether what it sends is sealed with its secret already. */
      readonly sending: boolean;
    }
  | { readonly kind: "removed" };

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
const generation = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const knowing = z.object({
  group: hex(32),
  generation,
  /** null where the asker has it. */
  secret: hex(64).nullable(),
  without: z.int().min(0).max(1_000_000).nullable(),
  sending: z.boolean(),
  roster: rosterShape.seen,
  removed: rosterShape.removed,
});
const refusing = z.object({ group: hex(32), removed: z.literal(true) });
const asking = z.object({ generation: z.coerce.number().pipe(generation), hash: hex(64) });

/** What a member asks another: which secret it has. */
export function question({ secret }: Knowledge): string {
  return `${PATH}?generation=${secret.generation}&hash=${secret.hash}`;
}

/** Which secret the asker has. */
export type Question = z.infer<typeof asking>;

/** `GET /v1/group?generation=&hash=`, answered to the asker with this member id. */
export function groupRoutes(answer: (asker: string, asked: Question) => [200 | 403, object]): Hono {
  return new Hono().get(PATH, (c) => {
    const asked = asking.safeParse(c.req.query());
    if (!asked.success) return c.text("no such question", 400);
    const [status, body] = answer(askerOf(c), asked.data);
    return c.json(body, status, { "Cache-Control": "no-store" });
  });
}

/** The secret goes along only where the asker has another. */
export function answerOf({ group, secret, roster, removed }: Knowledge, asked: string, sending: boolean): object {
  return {
    group,
    generation: secret.generation,
    secret: asked === secret.hash ? null : toHex(secret.secret),
    without: secret.without,
    sending,
    roster: [...roster.values()],
    removed: [...removed.values()],
  } satisfies z.infer<typeof knowing>;
}

/** All that is told to one who was removed. */
export function refusalOf({ group }: Knowledge): object {
  return { group, removed: true } satisfies z.infer<typeof refusing>;
}

/** What an answer says of this group. Fails with `corrupt` where it says something else. */
export async function readAnswer(response: PeerResponse, group: string): Promise<Answer> {
  const value = await json(response);
  if (response.status === 403 && refusing.safeParse(value).data?.group === group) return { kind: "removed" };
  const read = knowing.safeParse(value);
  if (response.status !== 200 || !read.success || read.data.group !== group) throw refused();
  const { secret: text, generation, without, roster, removed, sending } = read.data;
  const bytes = text === null ? null : fromHex(text, 32);
  const secret = bytes === null ? null : { generation, secret: bytes, hash: secretHash(bytes), without };
  return { kind: "told", told: { group, secret, without, roster, removed }, sending };
}

async function json(response: PeerResponse): Promise<unknown> {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let left = MAX_BYTES; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    left -= value.length;
    if (left < 0) {
      await reader.cancel().catch(() => undefined);
      throw refused();
    }
    text += decoder.decode(value, { stream: true });
  }
  try {
    return JSON.parse(text + decoder.decode());
  } catch {
    throw refused();
  }
}

function refused(): GroupShareError {
  return new GroupShareError("corrupt", "Cannot read what a member knows of the group: it is not in a known form");
}
