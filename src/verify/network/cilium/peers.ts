import { selects } from '../../values/selector.ts';
import { anyOf, not, triState, type TriState } from '../../values/tri-state.ts';
import { byName, inBlock } from '../ends/blocks.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import type { ServiceBehind } from '../ends/services.ts';
import { addressesOf, type End, type PodEnd } from '../ends/ends.ts';
import { isEndpoint, type Endpoints } from './labels.ts';
import { fqdnMatches } from './names.ts';
import type { CidrGroup, CidrRule, EgressRule, ToService } from './objects.ts';

/** What a rule's peers are looked up in. */
export interface Context extends Endpoints {
  readonly cluster: NetworkCluster;
  readonly groups: readonly CidrGroup[];
}

/** Is the end one of a rule's peers? A list that is there and empty is nobody; none at all, with ports, everybody. */
export function isPeer(rule: EgressRule, from: PodEnd, to: End, context: Context): TriState {
  const { toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet, toServices, toFQDNs, toGroups, toPorts, icmps } = rule;
  if ([toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet].some((list) => list?.length === 0)) return 'no';
  if (toEndpoints) return triState(toEndpoints.some((selector) => isEndpoint(selector, from, to, context)));
  if (toCIDR) return anyOf(toCIDR.map((text) => inBlock(text, [], to, 'outside')));
  if (toCIDRSet) return anyOf(toCIDRSet.map((block) => inCidrRule(block, to, context)));
  if (toEntities) return anyOf(toEntities.map((entity) => isEntity(entity, from, to, context.cluster)));
  if (toServices.length > 0) return anyOf(toServices.map((service) => isBehind(service, to, context.cluster)));
  if (toFQDNs.length > 0)
    return to.kind === 'outside' ? byName((name) => toFQDNs.some((fqdn) => fqdnMatches(fqdn, name)), to) : 'no';
  if (toNodes || toGroups.length > 0) return to.kind === 'pod' ? 'no' : 'unknown';
  return triState(toPorts.length + icmps.length > 0);
}

/** The blocks that it is about, and its exceptions. */
export function blocksOf(rule: CidrRule, context: Context): readonly string[] {
  const { cidr, except } = rule;
  return [...(cidr ? [cidr] : groupsOf(rule, context).flatMap(({ externalCIDRs }) => externalCIDRs)), ...except];
}

function groupsOf({ cidrGroupRef, cidrGroupSelector }: CidrRule, { groups }: Context): readonly CidrGroup[] {
  return groups.filter(
    (group) => group.name === cidrGroupRef || (cidrGroupSelector && selects(cidrGroupSelector, group.labels)),
  );
}

function inCidrRule(rule: CidrRule, to: End, context: Context): TriState {
  const { cidr, except } = rule;
  if (cidr) return inBlock(cidr, except, to, 'outside');
  const meant = groupsOf(rule, context);
  if (meant.length === 0) return to.kind === 'outside' ? 'unknown' : 'no';
  return anyOf(meant.flatMap(({ externalCIDRs }) => externalCIDRs.map((text) => inBlock(text, except, to, 'outside'))));
}

const entities: Readonly<Record<string, (from: PodEnd, to: End, cluster: NetworkCluster) => TriState>> = {
  all: () => 'yes',
  cluster: (_, to) => triState(to.kind !== 'outside'),
  world: (_, to) => triState(to.kind === 'outside'),
  'world-ipv4': (_, to) => (to.kind === 'outside' ? isOfFamily(false, to) : 'no'),
  'world-ipv6': (_, to) => (to.kind === 'outside' ? isOfFamily(true, to) : 'no'),
  host: (from, to) => isOwnNode(from, to),
  'remote-node': (from, to) => (to.kind === 'node' ? not(isOwnNode(from, to)) : 'no'),
  'kube-apiserver': (_, to, { apiServer }) => {
    if (to.kind === 'pod') return 'no';
    return apiServer.size === 0 ? 'unknown' : triState(addressesOf(to).some((address) => apiServer.has(address)));
  },
  none: () => 'no',
  // Endpoints that are not pods of the cluster as they run.
  init: () => 'no',
  health: () => 'no',
  ingress: () => 'no',
  unmanaged: () => 'no',
};

function isEntity(entity: string, from: PodEnd, to: End, cluster: NetworkCluster): TriState {
  return entities[entity]?.(from, to, cluster) ?? 'unknown';
}

function isOwnNode({ node }: PodEnd, to: End): TriState {
  if (to.kind !== 'node') return 'no';
  return node === undefined ? 'unknown' : triState(node === to.name);
}

function isOfFamily(six: boolean, to: End): TriState {
  const [address] = addressesOf(to);
  return address === undefined ? 'unknown' : triState(address.includes(':') === six);
}

/** The pods that a Service selects, or the addresses of one without a selector; its ports do not count. */
function isBehind({ k8sService, k8sServiceSelector }: ToService, to: End, { services }: NetworkCluster): TriState {
  const isMeant = ({ namespace, name, labels }: ServiceBehind): boolean => {
    if (k8sServiceSelector) {
      const wanted = k8sServiceSelector.namespace ?? '';
      return (wanted === '' || wanted === namespace) && selects(k8sServiceSelector.selector, labels);
    }
    const { serviceName, namespace: wanted = '' } = k8sService ?? { serviceName: '' };
    return (wanted === '' || wanted === namespace) && serviceName === name;
  };
  const meant = services.filter(isMeant);
  // A rule whose Service is not there has no peer left, or with ports every peer: it depends on more than the rule.
  if (meant.length === 0) return 'unknown';
  return triState(
    meant.some(({ namespace, selector, endpoints }) => {
      if (Object.keys(selector).length === 0)
        return to.kind === 'outside' && addressesOf(to).some((address) => endpoints.includes(address));
      return (
        to.kind === 'pod' &&
        !to.hostNetwork &&
        to.namespace === namespace &&
        selects({ matchLabels: selector }, to.labels)
      );
    }),
  );
}
