import { VERSION } from "../shared/version.ts";
import type { DownloadView, FileView, GroupView, Needs } from "../web/mod.ts";
import type { GroupShareNode } from "./node.ts";
import { keyringOf, keyringView, members, nearby, selfView, status } from "./views.ts";

/** What the page and the API ask, answered by the node's parts. */
export function needsOf(node: GroupShareNode, onLeft: () => void): Needs {
  const { tree, transfers, shares } = node;
  const here = ({ state }: { state: string }) => state === "alive" || state === "suspect";
  const group = (): GroupView | null => {
    const current = node.session?.group;
    return current === undefined ? null : { id: current.id, name: current.name };
  };
  const groupNow = (): GroupView => group() as GroupView;
  return {
    version: VERSION,
    self: () => selfView(node),
    members: ({ all }) => members(node).filter((member) => all || here(member)),
    list: (path, page) => tree.list(path, page),
    open: async (path) => transfers.open((await tree.entry(path)).ref),
    walk: (path) => walk(node, path),
    downloads: () => transfers.list(),
    download: (paths, options) => download(node, paths, options.into),
    changeDownload: async (id, action) => transfers[action](id),
    shares: () => shares.list(),
    addShare: ({ path, name }) => shares.add({ path, name, fixed: false }),
    removeShare: (id) => shares.remove(id),
    group,
    invite: async () => node.invite(),
    startGroup: async (name) => {
      await node.startGroup(name);
      return groupNow();
    },
    join: async (invite) => {
      await node.join(invite);
      return groupNow();
    },
    leave: async () => {
      await node.leave();
      onLeft();
    },
    trouble: () => node.trouble,
    nearby: () => nearby(node),
    keyring: () => keyringView(node),
    changeKeyring: async (action, key) => {
      keyringOf(node)[action](new Uint8Array(Buffer.from(key, "base64")));
      return keyringView(node);
    },
    status: async () => status(node),
    subscribe: (listener) => node.news.subscribe(listener),
  };
}

async function download(node: GroupShareNode, paths: readonly string[], into: string | null): Promise<DownloadView[]> {
  const found = await Promise.all(paths.map((path) => node.tree.entry(path)));
  return node.transfers.add(
    found.map(({ ref }) => ref),
    { into },
  );
}

/** All files below a place, for an archive. */
async function walk(node: GroupShareNode, path: string): ReturnType<Needs["walk"]> {
  const { ref, entry, prefix } = await node.tree.entry(path);
  const skip = entry.path === "" ? 0 : entry.path.length + 1;
  async function* files(): AsyncGenerator<{ path: string; file: FileView }> {
    if (entry.kind === "file") yield { path: entry.name, file: node.tree.view(entry, ref, prefix) };
    for await (const below of node.catalog.walk(ref)) {
      const file = node.tree.view(below, ref, prefix);
      yield { path: below.path.slice(skip), file };
    }
  }
  return { name: entry.name, files: files() };
}
