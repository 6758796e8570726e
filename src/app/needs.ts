import { VERSION } from "../shared/version.ts";
import type { DownloadView, FileView, GroupView, Needs } from "../web/mod.ts";
import { folderIn, type Wish } from "./merged.ts";
import type { GroupShareNode } from "./node.ts";
import { removeMember, rotationOf } from "./rotation/who.ts";
import { search } from "./searching.ts";
import { generationsView, keyringOf, keyringView, members, nearby, selfView, status } from "./views.ts";

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
    history: () => node.news.history(),
    list: (path, page, signal) => tree.list(path, page, signal),
    search: (wish, signal) => search(node, wish, signal),
    open: async (path) => transfers.open((await tree.entry(path)).ref),
    walk: (path, signal) => walk(node, path, signal),
    downloads: () => transfers.list(),
    download: (paths, options) => download(node, paths, options.into),
    changeDownload: async (id, action) => transfers[action](id),
    shares: () => shares.list(),
    addShare: (share) => shares.add({ ...share, fixed: false }),
    removeShare: (id) => shares.remove(id),
    pauseHashing: () => shares.pause(),
    resumeHashing: () => shares.resume(),
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
    generations: () => generationsView(node),
    rotate: () => rotationOf(node, "rotate the secret").rotate(),
    expel: (member) => removeMember(node, member),
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
  const wishes = await Promise.all(paths.map((path) => wishesOf(node, path)));
  const added: DownloadView[] = [];
  for (const { refs, into: below } of wishes.flat()) {
    const folder = below.length === 0 ? into : folderIn(into ?? node.options.downloads, below);
    added.push(...(await node.transfers.add(refs, { into: folder })));
  }
  return added;
}

async function wishesOf({ tree }: GroupShareNode, path: string): Promise<Wish[]> {
  const place = await tree.resolve(path);
  if (place.kind === "merged") return tree.merged.wishes(place, path);
  return [{ refs: [(await tree.entry(path)).ref], into: [] }];
}

/** All files below a place, for an archive. */
async function walk(node: GroupShareNode, path: string, signal: AbortSignal): ReturnType<Needs["walk"]> {
  const place = await node.tree.resolve(path, signal);
  if (place.kind === "merged") return node.tree.merged.walk(place, path);
  const { ref, entry, prefix } = await node.tree.entry(path, signal);
  const skip = entry.path === "" ? 0 : entry.path.length + 1;
  async function* files(): AsyncGenerator<{ path: string; file: FileView }> {
    if (entry.kind === "file") yield { path: entry.name, file: node.tree.view(entry, ref, prefix) };
    for await (const below of node.catalog.walk(ref, signal)) {
      const file = node.tree.view(below, ref, prefix);
      yield { path: below.path.slice(skip), file };
    }
  }
  return { name: entry.name, files: files() };
}
