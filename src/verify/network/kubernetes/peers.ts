import { selects } from '../../values/selector.ts';
import { triState, type TriState } from '../../values/tri-state.ts';
import { inBlock, type BlockScope } from '../ends/blocks.ts';
import type { End, NamedPorts, Wire } from '../ends/ends.ts';
import type { Peer, PolicyPort, Selector } from './objects.ts';

/** Is the end a peer of a NetworkPolicy in `namespace`? */
export function isPeer({ ipBlock, ...pods }: Peer, namespace: string, end: End, blocks: BlockScope): TriState {
  if (ipBlock) return inBlock(ipBlock.cidr, ipBlock.except, end, blocks);
  return triState(isPodPeer(pods, end, namespace));
}

/** Is the end a pod that both selectors take? Without one for namespaces, only pods of `namespace` are, if it is given. */
export function isPodPeer(
  {
    namespaceSelector,
    podSelector,
  }: { readonly namespaceSelector?: Selector | undefined; readonly podSelector?: Selector | undefined },
  end: End,
  namespace?: string,
): boolean {
  if (end.kind !== 'pod' || end.hostNetwork) return false;
  const isThere = namespaceSelector
    ? selects(namespaceSelector, end.namespaceLabels)
    : namespace === undefined || end.namespace === namespace;
  return isThere && selects(podSelector, end.labels);
}

export function isOnPort({ port, endPort, protocol = 'TCP' }: PolicyPort, wire: Wire, end: End): TriState {
  if (protocol !== wire.protocol) return 'no';
  if (port === undefined) return 'yes';
  if (typeof port === 'number') return triState(port <= wire.port && wire.port <= (endPort ?? port));
  return isNamedPort(port, wire, end);
}

/** A named port is one of the containers of the pod at the other end; elsewhere nobody calls a port anything. */
export function isNamedPort(name: string, { port, protocol }: Wire, end: End): TriState {
  if (end.kind !== 'pod') return 'no';
  const named: NamedPorts | undefined = end.namedPorts;
  if (named === undefined) return 'unknown';
  return triState(named[name]?.port === port && named[name].protocol === protocol);
}
