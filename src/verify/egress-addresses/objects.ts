import { z } from 'zod';
import { clusterScoped, list, maybe, namespaced, text, texts, type Identity } from '../values/fields.ts';
import { groupByKind, readKind, type ObjectsByKind } from '../values/objects.ts';
import { isIn, networksOf } from '../values/networks.ts';
import { selects } from '../values/selector.ts';
import { parseAddress } from '../../net/address.ts';
import { looseSelector } from '../network/kubernetes/objects.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { gatewayWays, type GatewayWay } from './calico.ts';
import type { EgressAddress } from './egress-address.ts';

const selector = maybe(looseSelector);

const egressIp = clusterScoped(
  'EgressIP',
  z.object({ egressIPs: texts, namespaceSelector: selector, podSelector: selector }),
);

const ciliumGateway = z.object({ egressIP: maybe(text) });
const ciliumSpec = z.object({
  selectors: list(z.object({ namespaceSelector: selector, podSelector: selector })),
  egressGateway: maybe(ciliumGateway),
  egressGateways: list(ciliumGateway),
  destinationCIDRs: texts,
  excludedCIDRs: texts,
});
const ciliumPolicy = clusterScoped('CiliumEgressGatewayPolicy', ciliumSpec);
const isovalentPolicy = clusterScoped('IsovalentEgressGatewayPolicy', ciliumSpec);

/** https://github.com/spidernet-io/egressgateway/blob/main/docs/reference/EgressPolicy.en.md */
const spidernetSpec = z.object({
  appliedTo: z.object({ namespaceSelector: selector, podSelector: selector, podSubnet: texts }),
  destSubnet: texts,
});
const spidernetPolicy = namespaced('EgressPolicy.egressgateway.spidernet.io', spidernetSpec);
const spidernetClusterPolicy = clusterScoped('EgressClusterPolicy', spidernetSpec);

const antreaEgress = clusterScoped(
  'Egress',
  z.object({
    appliedTo: z
      .object({ namespaceSelector: selector, podSelector: selector })
      .nullish()
      .transform((given) => given ?? undefined),
    egressIP: maybe(text),
    egressIPs: texts,
  }),
);

/**
 * Everything in the objects, and in what pods and namespaces ask for, that gives pods another address. What has not its shape
 * takes every pod: nobody can tell.
 */
export function egressAddressesIn(
  objects: readonly unknown[],
  snapshot: Pick<Snapshot, 'namespaces' | 'pods'>,
): readonly EgressAddress[] {
  const byKind = groupByKind(objects);
  return [
    ...read(byKind, 'k8s.ovn.org/EgressIP', egressIp, ({ egressIPs, ...chosen }) => [egressIPs, inBoth(chosen)]),
    ...read(byKind, 'cilium.io/CiliumEgressGatewayPolicy', ciliumPolicy, (policy) => [
      [policy.egressGateway, ...policy.egressGateways].flatMap((gateway) => gateway?.egressIP ?? []),
      (pod, namespaceLabels) => policy.selectors.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(policy.destinationCIDRs),
      policy.excludedCIDRs,
    ]),
    ...read(byKind, 'crd.antrea.io/Egress', antreaEgress, ({ appliedTo, egressIP, egressIPs }) => [
      [...(egressIP === undefined ? [] : [egressIP]), ...egressIPs],
      appliedTo === undefined ? () => false : inBoth(appliedTo),
    ]),
    ...unfollowed(byKind),
    ...throughGateways(byKind, snapshot),
  ];
}

/** Whose addresses the point is not told. */
function unfollowed(byKind: ObjectsByKind): readonly EgressAddress[] {
  return [
    ...read(byKind, 'isovalent.com/IsovalentEgressGatewayPolicy', isovalentPolicy, (policy) => [
      [],
      (pod, namespaceLabels) => policy.selectors.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(policy.destinationCIDRs),
      policy.excludedCIDRs,
    ]),
    ...read(
      byKind,
      'egressgateway.spidernet.io/EgressPolicy',
      spidernetPolicy,
      ({ namespace, appliedTo, destSubnet }) => [
        [],
        (pod, namespaceLabels) => pod.namespace === namespace && inSpidernet(appliedTo)(pod, namespaceLabels),
        limits(destSubnet),
      ],
    ),
    ...read(byKind, 'egressgateway.spidernet.io/EgressClusterPolicy', spidernetClusterPolicy, (policy) => [
      [],
      inSpidernet(policy.appliedTo),
      limits(policy.destSubnet),
    ]),
  ];
}

type Takes = EgressAddress['takes'];

function read<T extends Identity>(
  byKind: ObjectsByKind,
  kind: string,
  schema: z.ZodType<T>,
  meaning: (
    object: T,
  ) => readonly [
    addresses: readonly string[],
    takes: Takes,
    destinations?: readonly string[],
    past?: readonly string[],
  ],
): readonly EgressAddress[] {
  const { objects, unreadable } = readKind(byKind, kind, schema, 'Cluster');
  return [
    ...objects.map((object) => {
      const [addresses, takes, destinations = [], past = []] = meaning(object);
      return { id: object.id, addresses, destinations, takes, ...(past.length > 0 && { past }) };
    }),
    ...unreadable.map(({ id }) => ({
      id,
      addresses: [],
      destinations: [],
      takes: () => true,
    })),
  ];
}

/** Every address of a family is no limit. */
function limits(networks: readonly string[]): readonly string[] {
  return networks.some((network) => network.endsWith('/0')) ? [] : networks;
}

/** Each way that pods take through gateways, once. */
function throughGateways(
  byKind: ObjectsByKind,
  snapshot: Pick<Snapshot, 'namespaces' | 'pods'>,
): readonly EgressAddress[] {
  const wayOf = gatewayWays(byKind, snapshot);
  const ways = new Map(snapshot.pods.flatMap((pod) => wayOf(pod) ?? []).map((way) => [way.id, way]));
  return [...ways.values()].flatMap(({ id, rules }): readonly EgressAddress[] => {
    const leading = rules.filter(({ leads }) => leads !== 'past');
    if (rules.length > 0 && leading.length === 0) return [];
    const destinations = leading.flatMap(({ cidr }) => cidr ?? []);
    const isEverywhere = rules.length === 0 || destinations.length < leading.length;
    const takes: EgressAddress['takes'] = (pod) => wayOf(pod)?.id === id;
    const past = rules.flatMap(({ cidr, leads }) => (leads === 'past' && cidr !== undefined ? [cidr] : []));
    const where = { destinations: isEverywhere ? [] : limits(destinations), ...(past.length > 0 && { past }) };
    return [{ id, addresses: [], ...where, takes, gateway: gatewaysOf(leading) }];
  });
}

/** Half of them would be taken for all. */
function gatewaysOf(rules: GatewayWay['rules']): NonNullable<EgressAddress['gateway']> {
  const tests = rules.flatMap(({ leads }) => (typeof leads === 'function' ? [leads] : []));
  if (tests.length < rules.length) return 'unknown';
  return (pod, labels) => tests.some((isOne) => isOne(pod, labels));
}

interface Chosen {
  readonly namespaceSelector?: z.output<typeof looseSelector> | undefined;
  readonly podSelector?: z.output<typeof looseSelector> | undefined;
}

function inBoth({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => selects(namespaceSelector, namespaceLabels) && selects(podSelector, pod.labels);
}

function inSpidernet({ podSubnet, ...chosen }: z.output<typeof spidernetSpec>['appliedTo']): Takes {
  const within = networksOf(podSubnet);
  return (pod, namespaceLabels) =>
    inBoth(chosen)(pod, namespaceLabels) &&
    (podSubnet.length === 0 ||
      pod.addresses.flatMap((text) => parseAddress(text) ?? []).some((one) => isIn(within, one)));
}

const ciliumNamespace = 'io.kubernetes.pod.namespace';

/** Cilium lets a podSelector name the namespace by a label of its own, with or without `k8s:`. */
function inCilium({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => {
    const own = { ...pod.labels, [ciliumNamespace]: pod.namespace };
    const all = { ...own, ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`k8s:${key}`, value])) };
    return selects(namespaceSelector, namespaceLabels) && selects(podSelector, all);
  };
}
