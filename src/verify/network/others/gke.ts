import { z } from 'zod';
import { list, namespaced } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import { selects } from '../../values/selector.ts';
import { triState } from '../../values/tri-state.ts';
import { labelSelector } from '../kubernetes/objects.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import { unknownPolicy, type Policy } from '../rules.ts';

/* networking.gke.io FQDNNetworkPolicy: whom it selects is read; it isolates them, and lets them out by names. */

const fqdnPolicy = namespaced('FQDNNetworkPolicy', z.object({ podSelector: labelSelector, egress: list(z.unknown()) }));

export function readGke({ byKind }: NetworkObjects): readonly Policy[] {
  const { objects, unreadable } = readKind(byKind, 'networking.gke.io/FQDNNetworkPolicy', fqdnPolicy);
  return [
    ...objects.map(({ id, namespace, podSelector }) =>
      unknownPolicy(id, 'is a policy of Google GKE, which is not modelled', (pod) =>
        triState(pod.namespace === namespace && selects(podSelector, pod.labels)),
      ),
    ),
    ...unreadable.map(unreadablePolicy),
  ];
}
