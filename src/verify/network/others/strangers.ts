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
    if (!isStrangePolicy(kind)) return [];
    const group = kind.slice(0, kind.indexOf('/'));
    return objects.map((object) => {
      const scope = inNamespace.safeParse(object).success ? 'Namespaced' : 'Cluster';
      return policyInDoubt(identityOf(kind, object, scope), `is a policy of ${group}, which is not modelled`);
    });
  });
}
