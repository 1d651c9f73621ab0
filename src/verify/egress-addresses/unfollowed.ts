import { z } from 'zod';
import { clusterScoped, list, maybe, namespaced, text, texts } from '../values/fields.ts';
import type { ObjectsByKind } from '../values/objects.ts';
import { whyUnlisted } from '../values/unlisted.ts';
import type { EgressAddress } from './egress-address.ts';
import { unfollowedEgressKindIds } from './kinds.ts';
import { ciliumSpec, inBoth, inCilium, isFrom, limits, readEgress, selector } from './reading.ts';

/* Kinds of which is read whom they take, and whose addresses no point is told. */

const isovalentPolicy = clusterScoped('IsovalentEgressGatewayPolicy', ciliumSpec);

/** Before Cilium 1.12: https://docs.cilium.io/en/v1.11/gettingstarted/egress-gateway/ */
const ciliumNat = clusterScoped(
  'CiliumEgressNATPolicy',
  z.object({
    egress: list(z.object({ namespaceSelector: selector, podSelector: selector })),
    destinationCIDRs: texts,
  }),
);

/** https://github.com/spidernet-io/egressgateway/blob/main/docs/reference/EgressPolicy.en.md */
const spidernetSpec = z.object({
  appliedTo: z.object({ namespaceSelector: selector, podSelector: selector, podSubnet: texts }),
  destSubnet: texts,
});
const spidernetPolicy = namespaced('EgressPolicy.egressgateway.spidernet.io', spidernetSpec);
const spidernetClusterPolicy = clusterScoped('EgressClusterPolicy', spidernetSpec);

/** https://kubeovn.github.io/docs/stable/en/vpc/vpc-egress-gateway/: policies go by the source. */
const kubeOvnGateway = namespaced(
  'VpcEgressGateway',
  z.object({
    selectors: list(z.object({ namespaceSelector: selector, podSelector: selector })),
    policies: list(z.object({ ipBlocks: texts, subnets: texts })),
  }),
);

/** OpenShift SDN, of the same name as its namespace; its fields stand beside `metadata`. */
const netNamespace = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? { ...value, spec: value } : value),
  clusterScoped('NetNamespace', z.object({ netname: maybe(text), egressIPs: texts })),
);

/** OVN-Kubernetes: another way out, past the gateway of the node and its address. */
const externalRoute = clusterScoped(
  'AdminPolicyBasedExternalRoute',
  z.object({ from: z.object({ namespaceSelector: selector }) }),
);

export function unfollowed(all: ObjectsByKind): readonly EgressAddress[] {
  const own = [...unfollowedEgressKindIds].map((kind) => [kind, all.get(kind) ?? []] as const);
  const byKind = new Map(own.map(([kind, found]) => [kind, found.filter((one) => whyUnlisted(one) === undefined)]));
  return [
    ...own.flatMap(([kind, found]) => found.flatMap((one) => ofAnyPod(kind, whyUnlisted(one)))),
    ...readEgress(byKind, 'isovalent.com/IsovalentEgressGatewayPolicy', isovalentPolicy, (policy) => [
      [],
      (pod, namespaceLabels) => policy.selectors.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(policy.destinationCIDRs),
      policy.excludedCIDRs,
    ]),
    ...readEgress(byKind, 'cilium.io/CiliumEgressNATPolicy', ciliumNat, ({ egress, destinationCIDRs }) => [
      [],
      (pod, namespaceLabels) => egress.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(destinationCIDRs),
    ]),
    ...ofSpidernet(byKind),
    ...readEgress(byKind, 'kubeovn.io/VpcEgressGateway', kubeOvnGateway, ({ selectors, policies }) => [
      [],
      // Which pods are in a subnet no object of the pod says: each may be.
      (pod, namespaceLabels) =>
        selectors.some((one) => inBoth(one)(pod, namespaceLabels)) ||
        policies.some(({ ipBlocks, subnets }) => subnets.length > 0 || isFrom(ipBlocks, pod)),
    ]),
    ...readEgress(byKind, 'network.openshift.io/NetNamespace', netNamespace, ({ name, netname = name, egressIPs }) => [
      [],
      ({ namespace }) => egressIPs.length > 0 && namespace === netname,
    ]),
    ...readEgress(byKind, 'k8s.ovn.org/AdminPolicyBasedExternalRoute', externalRoute, ({ from }) => [[], inBoth(from)]),
  ];
}

/** Objects that may exist take whom they like. */
function ofAnyPod(kind: string, why: string | undefined): readonly EgressAddress[] {
  if (why === undefined) return [];
  const id = `any ${kind.slice(kind.indexOf('/') + 1)} that may exist (the cluster ${why})`;
  return [{ id, addresses: [], destinations: [], takes: () => true }];
}

function ofSpidernet(byKind: ObjectsByKind): readonly EgressAddress[] {
  const takes = ({ podSubnet, ...chosen }: z.output<typeof spidernetSpec>['appliedTo']): EgressAddress['takes'] => {
    return (pod, namespaceLabels) =>
      inBoth(chosen)(pod, namespaceLabels) && (podSubnet.length === 0 || isFrom(podSubnet, pod));
  };
  return [
    ...readEgress(
      byKind,
      'egressgateway.spidernet.io/EgressPolicy',
      spidernetPolicy,
      ({ namespace, appliedTo, destSubnet }) => [
        [],
        (pod, namespaceLabels) => pod.namespace === namespace && takes(appliedTo)(pod, namespaceLabels),
        limits(destSubnet),
      ],
    ),
    ...readEgress(byKind, 'egressgateway.spidernet.io/EgressClusterPolicy', spidernetClusterPolicy, (policy) => [
      [],
      takes(policy.appliedTo),
      limits(policy.destSubnet),
    ]),
  ];
}
