import type { InformerHealth, ResourceHealth } from '../kube/informer/informer.ts';
import type { Log } from '../log/log.ts';

/**
 * Says how well the cluster is seen, once for each change: the informer tells of every resource by itself. First lists
 * that are in progress are no fault, and end one after the other: they are told once.
 */
export function viewLog(log: Pick<Log, 'info' | 'warn'>): (health: InformerHealth) => void {
  let last: string | undefined;
  return ({ healthy, message, resources }) => {
    const lists = !healthy && resources.length > 0 && resources.every(({ state }) => isExpected[state] ?? false);
    const now = lists ? 'lists' : JSON.stringify([healthy, message]);
    if (now === last) return;
    last = now;
    log[healthy || lists ? 'info' : 'warn']({ healthy, watches: message }, 'the view of the cluster');
  };
}

const isExpected: Readonly<Partial<Record<ResourceHealth['state'], true>>> = { syncing: true, healthy: true };
