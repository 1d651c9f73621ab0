import { z } from 'zod';
import { readBy, type ReadResult } from '../kinds/core-kinds.ts';
import type { EgressSource } from '../../core/model/snapshot.ts';

const schema = z.object({ metadata: z.object({ name: z.string().min(1), namespace: z.string().optional() }) });

/**
 * An object by which pods leave under addresses that it does not publish, so that no point can be told of them: it is kept for
 * the judge alone.
 *
 * @param kind as `group/Kind`
 */
export function readUnfollowed(kind: string, input: unknown): ReadResult<EgressSource> {
  return readBy(schema, input, ({ metadata: { name, namespace } }) => {
    const [group, own] = kind.split('/');
    const id = [`${own ?? ''}.${group ?? ''}`, namespace, name].filter(Boolean).join('/');
    return { id, takes: [], addresses: [], object: input };
  });
}
