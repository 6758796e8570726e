import { Hono } from "hono";
import * as z from "zod";
import { askerOf, type PeerResponse } from "../../peer/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { fromHex, toHex } from "../../shared/hex.ts";
import { readStream } from "../../shared/read-stream.ts";
import {
  isSoundRemoval,
  isSoundSecret,
  isUnsure,
  type Knowledge,
  MAX_GENERATION,
  MOST_HEARSAY,
  MOST_KNOWN,
  MOST_REMOVED,
  madeShape,
  needsNew,
  type Removal,
  type Removed,
  removalShape,
  type Secret,
  secretHash,
  type Told,
  toldShape,
  vouchedBy,
} from "../../trust/mod.ts";

/** The one path of the peer port that also those are answered at who are only known from before. */
const PATH = "/v1/group";
/** Bytes of an answer: the longest that is allowed, with every list full, is shorter. */
export const MAX_BYTES = 1 << 21;

/** Removals of ids that were never heard of here that are looked at in one answer. */
const MOST_STRANGERS = 256;

/** What another member answered: what it knows, or that this one was removed. Signatures are checked. */
export type Answer =
  | {
      readonly kind: "told";
      readonly told: Told;
      /** Whether what it sends is sealed with its secret already. */
      readonly sending: boolean;
    }
  | { readonly kind: "removed"; readonly removal: Removal };

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
const generation = z.int().min(1).max(MAX_GENERATION);
const knowing = z.object({
  group: hex(32),
  /** null where the asker is not told; its bytes are null where the asker has them. */
  secret: z.object({ generation, hash: hex(64), bytes: hex(64).nullable(), made: madeShape.nullable() }).nullable(),
  vouches: z.array(hex(64)).max(MOST_KNOWN).default([]),
  sending: z.boolean(),
  ...toldShape,
});
const refusing = z.object({ group: hex(32), removed: removalShape });
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

/**
 * What one member tells another. Not the secret, where somebody removed may have it, the asker is one whom it was made
 * without, or its maker is not known. Of the members only those seen here: what others told is theirs to tell. But with a secret
 * go the ids of all others that this member relies on, or whose teller did.
 */
export function answerOf(known: Knowledge, asker: string, asked: Question, sending: boolean): object {
  const { group, secret, roster, removed } = known;
  const { generation, hash, made } = secret;
  const untold = needsNew(known) || isUnsure(known) || made?.without.includes(asker) === true;
  const has = asked.hash === hash && asked.generation === generation;
  return {
    group,
    secret: untold ? null : { generation, hash, bytes: has ? null : toHex(secret.secret), made },
    vouches: untold ? [] : vouchedBy(known, asker),
    sending,
    removed: [...removed.values()].slice(0, MOST_REMOVED).map(({ known: _, ...one }) => one),
    roster: [...roster.values()]
      .filter(({ from }) => from === null)
      // Those that are here the asker sees itself; who came last, and went, it may not have heard of.
      .sort((a, b) => b.first - a.first)
      .slice(0, MOST_HEARSAY)
      .map(({ from: _, first: __, agreed: ___, ...one }) => one),
  } satisfies z.input<typeof knowing>;
}

/** All that is told to one who was removed: by whom, in its own words. */
export function refusalOf({ group }: Knowledge, { known: _, ...removed }: Removed): object {
  return { group, removed } satisfies z.input<typeof refusing>;
}

/**
 * What an answer of the member `from` says of the group that is `known`. Fails with `corrupt` where it says something else,
 * or tells a removal that nobody signed. A secret that nobody stands for is left out, as if it had not been told.
 */
export async function readAnswer(response: PeerResponse, known: Knowledge, from: string): Promise<Answer> {
  const value = await json(response);
  const { group } = known;
  const refusal = response.status === 403 ? refusing.safeParse(value).data : undefined;
  if (refusal?.group === group) {
    if (!(await isSoundRemoval(group, refusal.removed))) throw refused();
    return { kind: "removed", removal: refusal.removed };
  }
  const read = knowing.safeParse(value);
  if (response.status !== 200 || !read.success || read.data.group !== group) throw refused();
  const { roster, vouches, removed, sending } = read.data;
  const heard = withoutMany(removed, known);
  for (const one of heard) if (!known.removed.has(one.id) && !(await isSoundRemoval(group, one))) throw refused();
  const told = { group, from, secret: await secretOf(read.data, known), roster, vouches, removed: heard };
  return { kind: "told", told, sending };
}

/** Of those that nobody here ever heard of, only some at once: each costs the check of a signature. */
function withoutMany(removed: readonly Removal[], known: Knowledge): Removal[] {
  let strangers = 0;
  return removed.filter(({ id }) => known.roster.has(id) || known.removed.has(id) || ++strangers <= MOST_STRANGERS);
}

async function secretOf({ group, secret: told }: z.infer<typeof knowing>, known: Knowledge): Promise<Secret | null> {
  if (told === null) return null;
  const { generation, hash, made } = told;
  const bytes = told.bytes === null ? known.secret.secret : fromHex(told.bytes, 32);
  if (bytes === null || secretHash(bytes) !== hash) return null;
  const secret = { generation, secret: bytes, hash, made };
  return (await isSoundSecret(group, secret)) ? secret : null;
}

async function json(response: PeerResponse): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_BYTES;
  for await (const piece of readStream(response.body)) {
    left -= piece.length;
    if (left < 0) throw refused();
    text += decoder.decode(piece, { stream: true });
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
