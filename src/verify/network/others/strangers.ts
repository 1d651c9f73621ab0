import { z } from 'zod';
import { identityOf } from '../../values/objects.ts';
import { isStrangePolicy } from '../kinds.ts';
import type { NetworkObjects } from '../objects.ts';
import { policyInDoubt } from '../reading.ts';
import type { Policy } from '../rules.ts';

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
  const scope = inNamespace.safeParse(object).success ? 'Namespaced' : 'Cluster';
  return policyInDoubt(identityOf(kind, object, scope), `is a policy of ${group}, which is not modelled`);
}
