import { z } from 'zod';
import { labelSelector } from './kubernetes/objects.ts';
import { selects } from '../values/selector.ts';
import { triState } from '../values/tri-state.ts';
import type { Unreadable } from '../values/objects.ts';
import { unknownPolicy, type Policy } from './rules.ts';

const spec = z.object({ spec: z.looseObject({}) });
const podSelection = z.object({ spec: z.object({ podSelector: labelSelector }) });

/** Does an object that could not be read say anything of flows out of pods? Where it says nothing of any, nobody knows. */
export function mayBeAboutEgress({ object }: Pick<Unreadable, 'object'>): boolean {
  const fields = spec.safeParse(object).data?.spec;
  if (fields === undefined) return true;
  const types = JSON.stringify([fields['policyTypes'] ?? null, fields['types'] ?? null]);
  const written = ['egress', 'egressDeny', 'specs'].some((field) => field in fields);
  return written || types.includes('Egress') || !('ingress' in fields || 'ingressDeny' in fields);
}

export function mayBeAboutIngress({ object }: Unreadable): boolean {
  const fields = spec.safeParse(object).data?.spec;
  return (
    fields === undefined ||
    'ingress' in fields ||
    !('policyTypes' in fields) ||
    JSON.stringify(fields['policyTypes']).includes('Ingress')
  );
}

/** An object that could not be read, for the pods that it may select: of its namespace, and by its selector if that can be read. */
export function unreadablePolicy(fault: Unreadable): Policy {
  return policyInDoubt(fault, `cannot be read (${fault.message}), so its effect is unknown`);
}

export function policyInDoubt(one: Omit<Unreadable, 'message'>, why: string): Policy {
  const { id, namespace, object } = one;
  const selector = podSelection.safeParse(object).data?.spec.podSelector;
  return unknownPolicy(id, why, (pod) => {
    if (!mayBeAboutEgress(one)) return 'no';
    if (namespace !== '' && namespace !== pod.namespace) return 'no';
    return selector === undefined ? 'yes' : triState(selects(selector, pod.labels));
  });
}
