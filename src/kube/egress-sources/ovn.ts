import { z } from 'zod';
import { readBy } from '../kinds/core-kinds.ts';
import { addressesOf, addressSchema, named, selectorSchema, subjectOf, type EgressSourceKind } from './kind.ts';

const schema = z.object({
  metadata: named,
  spec: z.object({ egressIPs: z.array(addressSchema), namespaceSelector: selectorSchema, podSelector: selectorSchema }),
});

/**
 * OVN-Kubernetes, and so OpenShift. All of `egressIPs` count, not only those that a node has at the moment: another takes over
 * when it fails. https://docs.redhat.com/en/documentation/openshift_container_platform (EgressIP)
 */
export const egressIp: EgressSourceKind = {
  kind: 'EgressIP',
  apiVersion: 'k8s.ovn.org/v1',
  plural: 'egressips',
  read: (input) =>
    readBy(schema, input, ({ metadata: { name }, spec }) => ({
      id: `EgressIP/${name}`,
      takes: [subjectOf(spec)],
      addresses: addressesOf(spec.egressIPs),
      object: input,
    })),
};
