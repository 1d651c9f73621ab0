import { z } from 'zod';
import { identityOf } from '../../values/objects.ts';
import { triState } from '../../values/tri-state.ts';
import { whyUnlisted } from '../../values/unlisted.ts';
import { beyondNamespaces, isStrangePolicy } from '../kinds.ts';
import type { NetworkObjects } from '../objects.ts';
import { policyInDoubt } from '../reading.ts';
import { unknownPolicy, type Policy } from '../rules.ts';

const inNamespace = z.object({ metadata: z.object({ namespace: z.string() }) });

/** Network policies of kinds that nobody here has heard of. */
export function readStrangers({ byKind }: NetworkObjects): readonly Policy[] {
  return [...byKind].flatMap(([kind, objects]) => {
    return isStrangePolicy(kind) && kind !== multiNetworkPolicy ? objects.map((object) => stranger(kind, object)) : [];
  });
}

/** Those about networks beside the pod network, and about nothing else: https://github.com/k8snetworkplumbingwg/multi-networkpolicy */
export function readMultiNetworkPolicies({ byKind }: NetworkObjects): readonly Policy[] {
  return (byKind.get(multiNetworkPolicy) ?? []).map((object) => stranger(multiNetworkPolicy, object));
}

const multiNetworkPolicy = 'k8s.cni.cncf.io/MultiNetworkPolicy';

function stranger(kind: string, object: unknown): Policy {
  const group = kind.slice(0, kind.indexOf('/')) || 'v1';
  const missing = whyUnlisted(object);
  if (missing !== undefined) {
    const why = `may exist: the cluster serves this kind of policy of ${group}, which is not modelled, and ${missing}`;
    return unknownPolicy(identityOf(kind, object, 'Cluster').id, why, () => triState(true));
  }
  const isWide = beyondNamespaces.has(kind) || !inNamespace.safeParse(object).success;
  const identity = identityOf(kind, object, inNamespace.safeParse(object).success ? 'Namespaced' : 'Cluster');
  return policyInDoubt(
    { ...identity, namespace: isWide ? '' : identity.namespace },
    `is a policy of ${group}, which is not modelled`,
  );
}
