import { z } from 'zod';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { clusterScoped, maybe, text, texts } from '../values/fields.ts';
import { groupByKind, type ObjectsByKind } from '../values/objects.ts';
import { gatewayWays, type GatewayWay } from './calico.ts';
import type { EgressAddress } from './egress-address.ts';
import { ciliumSpec, inBoth, inCilium, limits, readEgress, selector } from './reading.ts';
import { unfollowed } from './unfollowed.ts';

const egressIp = clusterScoped(
  'EgressIP',
  z.object({ egressIPs: texts, namespaceSelector: selector, podSelector: selector }),
);

const ciliumPolicy = clusterScoped('CiliumEgressGatewayPolicy', ciliumSpec);

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
    ...readEgress(byKind, 'k8s.ovn.org/EgressIP', egressIp, ({ egressIPs, ...chosen }) => [egressIPs, inBoth(chosen)]),
    ...readEgress(byKind, 'cilium.io/CiliumEgressGatewayPolicy', ciliumPolicy, (policy) => [
      [policy.egressGateway, ...policy.egressGateways].flatMap((gateway) => gateway?.egressIP ?? []),
      (pod, namespaceLabels) => policy.selectors.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(policy.destinationCIDRs),
      policy.excludedCIDRs,
    ]),
    ...readEgress(byKind, 'crd.antrea.io/Egress', antreaEgress, ({ appliedTo, egressIP, egressIPs }) => [
      [...(egressIP === undefined ? [] : [egressIP]), ...egressIPs],
      appliedTo === undefined ? () => false : inBoth(appliedTo),
    ]),
    ...unfollowed(byKind),
    ...throughGateways(byKind, snapshot),
  ];
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
