import { z } from 'zod';
import { clusterScoped, list, maybe, namespaced, text } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import { selects } from '../../values/selector.ts';
import { triState } from '../../values/tri-state.ts';
import { labelSelector } from '../kubernetes/objects.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import { unknownPolicy, type Policy } from '../rules.ts';

/* networking.k8s.aws, the policies of Amazon EKS: whom they select is read, and not what they say. */

const why = 'is a policy of Amazon EKS, which is not modelled';

const application = namespaced(
  'ApplicationNetworkPolicy',
  z.object({ podSelector: labelSelector, policyTypes: list(text), egress: list(z.unknown()) }),
);

const podPeer = z.object({ namespaceSelector: maybe(labelSelector), podSelector: maybe(labelSelector) });
const cluster = clusterScoped(
  'ClusterNetworkPolicy.networking.k8s.aws',
  z.object({
    subject: z.object({ namespaces: maybe(labelSelector), pods: maybe(podPeer) }),
    egress: list(z.unknown()),
  }),
);

/** PolicyEndpoints are what the controller makes of other policies; without those policies they are all that is known. */
const endpoint = namespaced(
  'PolicyEndpoint',
  z.object({
    podSelector: maybe(labelSelector),
    podIsolation: list(text),
    egress: list(z.unknown()),
    policyRef: maybe(z.object({ name: text, namespace: maybe(text) })),
  }),
);

export function readAws(
  { byKind }: NetworkObjects,
  hasPolicy: (namespace: string, name: string) => boolean,
): readonly Policy[] {
  const applications = readKind(byKind, 'networking.k8s.aws/ApplicationNetworkPolicy', application);
  const clusters = readKind(byKind, 'networking.k8s.aws/ClusterNetworkPolicy', cluster, 'Cluster');
  const endpoints = readKind(byKind, 'networking.k8s.aws/PolicyEndpoint', endpoint);
  const names = new Set(applications.objects.map(({ namespace, name }) => `${namespace}/${name}`));
  const orphans = endpoints.objects.filter(({ policyRef, namespace }) => {
    const { name = '', namespace: home = namespace } = policyRef ?? {};
    return !hasPolicy(home, name) && !names.has(`${home}/${name}`);
  });
  return [
    ...applications.objects.map(({ id, namespace, podSelector, policyTypes, egress }) =>
      unknownPolicy(id, why, (pod) =>
        triState(
          (policyTypes.includes('Egress') || egress.length > 0) &&
            pod.namespace === namespace &&
            selects(podSelector, pod.labels),
        ),
      ),
    ),
    ...clusters.objects.map(({ id, subject: { namespaces, pods }, egress }) =>
      unknownPolicy(id, why, ({ namespaceLabels, labels }) => {
        if (egress.length === 0) return 'no';
        if (namespaces) return triState(selects(namespaces, namespaceLabels));
        return triState(selects(pods?.namespaceSelector, namespaceLabels) && selects(pods?.podSelector, labels));
      }),
    ),
    ...orphans.map(({ id, namespace, podSelector, podIsolation, egress }) =>
      unknownPolicy(id, why, (pod) =>
        triState(
          (podIsolation.includes('Egress') || egress.length > 0) &&
            pod.namespace === namespace &&
            selects(podSelector, pod.labels),
        ),
      ),
    ),
    ...[applications, clusters, endpoints].flatMap(({ unreadable }) => unreadable.map(unreadablePolicy)),
  ];
}
