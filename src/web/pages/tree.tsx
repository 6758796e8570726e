import type { Web } from "../context.ts";
import { Icon, type IconName, idOf, Name, opens } from "./parts.tsx";
import { EVERYONE, isTogether } from "./places.ts";
import { Empty } from "./states.tsx";
import type { TreeNode } from "./tree-model.ts";
import { visible } from "./visible.ts";

/** Levels that are indented further and further. Count. */
const DEEPEST = 12;

/**
 * The tree of folders (ARIA APG, "navigation treeview"): one tab stop, arrow keys move (`static/tree.js`). An item is
 * open where `aria-expanded` says so; the page sends the paths that are open with every refresh.
 */
export function Tree({ web, nodes, shown }: { web: Web; nodes: readonly TreeNode[]; shown: string }) {
  const together = isTogether(shown);
  const top = together ? EVERYONE : "";
  if (nodes.length === 0) {
    return (
      <div class="tree" data-top={top}>
        <Empty web={web} icon="folder" title="No folders yet" />
      </div>
    );
  }
  const stop = contains(nodes, shown) ? shown : (nodes[0]?.folder.path ?? "");
  return (
    <div role="tree" aria-label={together ? "Everyone's folders" : "Folders"} class="tree" data-top={top}>
      {nodes.map((node) => (
        <Item
          web={web}
          node={node}
          shown={shown}
          stop={stop}
          icons={together ? ["share"] : ["computer", "share"]}
          level={1}
        />
      ))}
    </div>
  );
}

interface ItemProps {
  readonly web: Web;
  readonly node: TreeNode;
  /** The path that the file list shows. */
  readonly shown: string;
  /** The path whose item Tab leads to. */
  readonly stop: string;
  /** Of the first levels; all below are folders. */
  readonly icons: readonly IconName[];
  readonly level: number;
}

function Item({ web, node, shown, stop, icons, level }: ItemProps) {
  const { folder, children } = node;
  const group = idOf("tg", folder.path);
  const leaf = children !== null && children.length === 0;
  const filled = children !== null && !leaf;
  return (
    <div role="none" class="tree-node">
      <a
        role="treeitem"
        id={idOf("t", folder.path)}
        class={`tree-row level-${Math.min(level, DEEPEST)}`}
        data-path={folder.path}
        title={visible(folder.name)}
        tabIndex={folder.path === stop ? 0 : -1}
        aria-level={level}
        aria-current={folder.path === shown ? "page" : undefined}
        aria-expanded={leaf ? undefined : filled ? "true" : "false"}
        aria-owns={filled ? group : undefined}
        {...opens(folder.path)}
      >
        <span class="twisty">
          <Icon web={web} name="chevron" />
        </span>
        <Icon web={web} name={icons[level - 1] ?? "folder"} />
        <Name name={folder.name} />
      </a>
      {filled ? (
        // biome-ignore lint/a11y/useSemanticElements: APG's tree asks for this role
        <div role="group" id={group} class="tree-group" aria-label={visible(folder.name)}>
          {children.map((child) => (
            <Item web={web} node={child} shown={shown} stop={stop} icons={icons} level={level + 1} />
          ))}
          {node.more ? (
            <div role="none" class="tree-node">
              <a
                role="treeitem"
                class={`tree-row tree-more level-${Math.min(level + 1, DEEPEST)}`}
                tabIndex={-1}
                aria-level={level + 1}
                {...opens(folder.path)}
              >
                <span class="name">More in the list…</span>
              </a>
            </div>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function contains(nodes: readonly TreeNode[], path: string): boolean {
  return nodes.some((node) => node.folder.path === path || contains(node.children ?? [], path));
}
