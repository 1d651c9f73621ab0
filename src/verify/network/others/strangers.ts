import { z } from 'zod';
import { identityOf } from '../../values/objects.ts';
import { triState } from '../../values/tri-state.ts';
import { beyondNamespaces, isStrangePolicy, type NetworkKind } from '../kinds.ts';
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

/** No object has this name: it stands for all of a kind, or none, where they may not be listed. */
const anyName = '*';
const unlisted = z.object({ metadata: z.object({ name: z.literal(anyName) }), resource: z.string() });

interface UnlistedPolicies {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  /** `securitygrouppolicies.vpcresources.k8s.aws` */
  readonly resource: string;
  readonly [field: string]: unknown;
}

/** What stands for the objects of a kind that the API server serves and does not list for us. */
export function unlistedPolicies({ group, kind, plural, versions }: NetworkKind): UnlistedPolicies {
  const [version = 'v1'] = versions;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name: anyName }, resource: `${plural}.${group}` };
}

function stranger(kind: string, object: unknown): Policy {
  const group = kind.slice(0, kind.indexOf('/')) || 'v1';
  const missing = unlisted.safeParse(object).data;
  if (missing !== undefined) {
    const why = `may exist: the cluster serves this kind of policy of ${group}, which is not modelled, and refuses to list it; permit \`list\` of ${missing.resource} to see whether there are any`;
    return unknownPolicy(identityOf(kind, object, 'Cluster').id, why, () => triState(true));
  }
  const isWide = beyondNamespaces.has(kind) || !inNamespace.safeParse(object).success;
  const identity = identityOf(kind, object, inNamespace.safeParse(object).success ? 'Namespaced' : 'Cluster');
  return policyInDoubt(
    { ...identity, namespace: isWide ? '' : identity.namespace },
    `is a policy of ${group}, which is not modelled`,
  );
}
