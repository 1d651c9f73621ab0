import type { Pod } from './snapshot.ts';

/**
 * Whether a pod may open connections of its own: it has not ended (evicted pods are `Failed`) and is not being deleted. A pod
 * that is not scheduled is live and has no address; of two that claim one address the newer has it.
 */
export function isLive({ deleting, phase }: Pick<Pod, 'deleting' | 'phase'>): boolean {
  return !deleting && phase !== 'Succeeded' && phase !== 'Failed';
}
