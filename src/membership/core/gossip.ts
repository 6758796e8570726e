import { type Core, understandsCrc } from "./core.ts";
import { isPresent, type Node } from "./nodes.ts";

/** Members that hear own news at once. In a group of up to nine that is everybody; in a larger one the ticks go on. */
const FLUSH_NODES = 8;
/** While saying goodbye, ticks come this often at least: somebody waits for the program to end. */
const LEAVING_INTERVAL = 100;

/** One round of gossip, and the next one asked for. */
export function gossipTick(core: Core): void {
  const { gossipInterval, gossipNodes, gossipToTheDead } = core.config.profile;
  const hurried = core.leaving || core.moving !== null;
  core.wake("gossip", "", hurried ? Math.min(gossipInterval, LEAVING_INTERVAL) : gossipInterval);
  if (core.news.size === 0 && core.riders.size === 0) return;
  const hears = (node: Node): boolean =>
    isPresent(node) || (node.state === "dead" && core.now - node.changedAt <= gossipToTheDead);
  for (const node of others(core, gossipNodes, hears)) {
    const parts = core.drawNews([]);
    if (parts.length === 0) return;
    core.do({ kind: "send", to: node.address, parts, crc: understandsCrc(node), probe: null });
  }
}

/**
 * Sends waiting news now: own news is for everybody and should not wait for a tick. The same packet to several members
 * counts as one transmission, so that the ticks still repeat it for those who missed it.
 */
export function flush(core: Core): void {
  if (core.news.size === 0 && core.riders.size === 0) return;
  const nodes = others(core, FLUSH_NODES, isPresent);
  if (nodes.length === 0) return;
  const parts = core.drawNews([]);
  if (parts.length === 0) return;
  for (const node of nodes) {
    core.do({ kind: "send", to: node.address, parts, crc: understandsCrc(node), probe: null });
  }
}

/** Up to `count` random members that fit, never this one. */
export function others(core: Core, count: number, fits: (node: Node) => boolean): Node[] {
  return core.nodes.some(count, (node) => node.name !== core.config.name && fits(node));
}
