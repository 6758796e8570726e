import type { GroupShareNode } from "./node.ts";
import type { Session } from "./session.ts";

/** Where one part's news moves another, and nothing else does: calls only enqueue, each part owns its retries and errors. */
export function react(node: GroupShareNode): void {
  const { catalog, shares, transfers, news } = node;
  catalog.on("own", (standing) => node.session?.membership.announce(standing));
  catalog.on("changed", (member) => news.tell({ kind: "catalog", member }));
  shares.on("changed", () => news.tell({ kind: "shares" }));
  transfers.on("changed", () => news.tell({ kind: "downloads" }));
}

/** The same for as long as the node is in a group. */
export function reactInGroup(node: GroupShareNode, session: Session): void {
  session.membership.on("changed", () => {
    if (node.session !== session) return;
    node.catalog.present(session.others());
    node.transfers.membersChanged();
    node.news.tell({ kind: "members" });
  });
}
