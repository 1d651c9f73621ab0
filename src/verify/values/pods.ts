import type { Pod } from '../../core/model/snapshot.ts';

/** Its containers have ended for good: it has no address any more, whatever its status says. */
export function hasEnded({ phase }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
