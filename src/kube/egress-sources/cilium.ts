import { z } from 'zod';
import type { LabelSelector } from '../../api/fields/selector.ts';
import type { EgressSubject } from '../../core/model/snapshot.ts';
import { readBy } from '../kinds/core-kinds.ts';
import { addressesOf, addressSchema, named, selectorSchema, subjectOf, type EgressSourceKind } from './kind.ts';

const gateway = z.object({ egressIP: addressSchema.or(z.literal('')).nullish() });
const schema = z.object({
  metadata: named,
  spec: z.object({
    selectors: z.array(z.object({ namespaceSelector: selectorSchema, podSelector: selectorSchema })).nullish(),
    egressGateway: gateway.nullish(),
    egressGateways: z.array(gateway).nullish(),
  }),
});

/**
 * Cilium. With an interface instead of `egressIP` the node's address there is used, which no object says.
 * https://docs.cilium.io/en/stable/network/egress-gateway/egress-gateway/
 */
export const ciliumEgressGatewayPolicy: EgressSourceKind = {
  kind: 'CiliumEgressGatewayPolicy',
  apiVersion: 'cilium.io/v2',
  plural: 'ciliumegressgatewaypolicies',
  read: (input) =>
    readBy(schema, input, ({ metadata: { name }, spec }) => ({
      id: `CiliumEgressGatewayPolicy/${name}`,
      takes: (spec.selectors ?? []).map((one) => plain(subjectOf(one))),
      addresses: addressesOf([spec.egressGateway, ...(spec.egressGateways ?? [])].map((one) => one?.egressIP)),
      object: input,
    })),
};

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

const prefix = /^(k8s|any)[:.]/;
const namespaceLabel = 'io.cilium.k8s.namespace.labels.';

/** Cilium's podSelector also speaks of the namespace, by labels of its own; Kubernetes has a selector for that. */
function plain({ namespaceSelector, podSelector }: EgressSubject): EgressSubject {
  if (!podSelector) return namespaceSelector ? { namespaceSelector } : {};
  const asked = expressionsOf(podSelector).map((one) => ({ ...one, key: one.key.replace(prefix, '') }));
  const ofNamespace = asked.flatMap((one): Expression[] => {
    if (one.key === 'io.kubernetes.pod.namespace') return [{ ...one, key: 'kubernetes.io/metadata.name' }];
    return one.key.startsWith(namespaceLabel) ? [{ ...one, key: one.key.slice(namespaceLabel.length) }] : [];
  });
  const ofPod = asked.filter(({ key }) => key !== 'io.kubernetes.pod.namespace' && !key.startsWith(namespaceLabel));
  return {
    namespaceSelector: { matchExpressions: [...expressionsOf(namespaceSelector ?? {}), ...ofNamespace] },
    podSelector: { matchExpressions: ofPod },
  };
}

function expressionsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly Expression[] {
  const equal = Object.entries(matchLabels).map(([key, value]): Expression => ({
    key,
    operator: 'In',
    values: [value],
  }));
  return [...equal, ...matchExpressions];
}
