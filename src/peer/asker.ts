import type { Context } from "hono";

/** What a request may ask: everything, only what is open to who was seen in the group before, or nothing. */
export type Standing = "member" | "known" | null;

/** What a handler finds beside a request's own words: who asks is known of the connection, whatever a header says. */
export interface AskerBindings {
  readonly asker: string;
  /** "member" or "known", as it was when the request came. */
  readonly standing: Exclude<Standing, null>;
}

/** Member id of who asks, proven by its key. Throws outside a `PeerServer`. */
export function askerOf(c: Context): string {
  const { asker } = (c.env ?? {}) as Partial<AskerBindings>;
  if (asker === undefined) throw new Error("a request that came over no member's connection");
  return asker;
}
