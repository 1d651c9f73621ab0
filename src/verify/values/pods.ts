import type { Pod } from '../../core/model/snapshot.ts';

/** Its containers have ended for good: it has no address any more, whatever its status says. */
export function hasEnded({ phase }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** A pod that is being deleted may have lost its grants, and a gateway that is gets no new connections. */
export function isLive(pod: Pod): boolean {
  return !pod.deleting && !hasEnded(pod);
}
