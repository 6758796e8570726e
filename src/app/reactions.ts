import type { MemberEvent, MemberRecord, Refusal } from "../membership/mod.ts";
import { systemClock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import type { MemberNews } from "../web/mod.ts";
import type { GroupShareNode } from "./node.ts";
import type { Session } from "./session.ts";

/** Where one part's news moves another, and nothing else does: calls only enqueue, each part owns its retries and errors. */
export function react(node: GroupShareNode): void {
  const { catalog, shares, transfers, news } = node;
  const countAgain = totalsCounter(node);
  countAgain();
  catalog.on("own", (standing) => node.session?.membership.announce(standing));
  catalog.on("changed", (member) => {
    transfers.membersChanged();
    news.tell({ kind: "catalog", member });
    countAgain();
  });
  shares.on("changed", () => news.tell({ kind: "shares" }));
  transfers.on("changed", () => news.tell({ kind: "downloads" }));
}

/** Keeps the totals that member lists show. One count under way, and one more where something changed meanwhile. */
function totalsCounter(node: GroupShareNode): () => void {
  let counting = false;
  let stale = false;
  return function count(): void {
    stale = true;
    if (counting) return;
    counting = true;
    stale = false;
    node.catalog
      .totals()
      .then((totals) => {
        node.totals = totals;
        node.news.tell({ kind: "members" });
      })
      .catch((thrown: unknown) => node.log.debug("Cannot count files", { why: reason(thrown) }))
      .finally(() => {
        counting = false;
        if (stale) count();
      });
  };
}

/** The same for as long as the node is in a group. */
export function reactInGroup(node: GroupShareNode, session: Session): void {
  node.news.forget();
  session.membership.on("refused", (refusal) => {
    if (node.session === session) node.news.tell(refusalNews(refusal));
  });
  session.membership.on("changed", (member, _before, event) => {
    if (node.session !== session) return;
    if (node.rotation?.trust.isRemoved(member.id)) return;
    if (event !== null) node.news.tell(memberNews(member, event));
    node.catalog.present(session.distinct());
    node.transfers.membersChanged();
    node.news.tell({ kind: "members" });
  });
}

/** The group has another secret, or somebody was removed, who is then out of every list at once. */
export function rosterChanged(node: GroupShareNode): void {
  const { session } = node;
  if (session === null) return;
  node.catalog.present(session.distinct());
  node.transfers.membersChanged();
  node.news.tell({ kind: "members" });
}

/** Members announce themselves on the network, or are gone from it: some may be of this group. */
export function discovered(node: GroupShareNode): void {
  node.session?.membership.seek();
  node.news.tell({ kind: "nearby" });
}

function memberNews(member: MemberRecord, event: MemberEvent): MemberNews {
  const { self, id, name, wireName, incarnation } = member;
  const who = { self, id, name, wireName, address: endpointText(member), incarnation };
  return { kind: "member", event, ...who, why: null, at: systemClock.wall() };
}

function refusalNews({ wireName, address, why }: Refusal): MemberNews {
  const who = { self: false, id: null, name: wireName, wireName, address, incarnation: 0 };
  return { kind: "member", event: "refused", ...who, why, at: systemClock.wall() };
}
