import type { Node } from '../../core/model/snapshot.ts';
import { triState } from '../values/tri-state.ts';
import { unknownPolicy, type Policy } from './rules.ts';

/**
 * A policy of nodes themselves, which binds the pods on their network. What it says is not modelled: whether a plugin goes
 * by it, and what it lets out in any case, depends on its settings.
 */
export function nodePolicy(id: string, why: string, nodes: readonly Node[], isAbout: (node: Node) => boolean): Policy {
  const about = new Set(nodes.filter(isAbout).map(({ name }) => name));
  return unknownPolicy(id, why, ({ hostNetwork, node }) => {
    if (!hostNetwork) return 'no';
    // Of a node that nobody has described, nobody knows the labels.
    if (node === undefined || !nodes.some(({ name }) => name === node)) return 'yes';
    return triState(about.has(node));
  });
}
